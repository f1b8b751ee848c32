package dev.lockstep.trainer.reduce;

/**
 * The fixed binary tree in which sums over shards are added up, whatever the order of arrival and
 * however shards are spread over tasks.
 *
 * <p>The leaves are the shards 0 … n-1. Node (level, index) covers the shards index·2^level …
 * (index+1)·2^level - 1, as far as they exist. Its sum is its left child's plus its right child's;
 * where the right child covers no shard, it is the left child's. Float sums therefore depend on n
 * alone.
 *
 * @param shards n, at least 1
 */
public record ShardTree(int shards) {
  /** Checks n. */
  public ShardTree {
    if (shards < 1) {
      throw new IllegalArgumentException("a tree needs at least one shard, not " + shards);
    }
  }

  /**
   * A node of the tree.
   *
   * @param level distance from the leaves
   * @param index place within the level
   */
  public record Node(int level, int index) {
    /** The leaf of a shard. */
    public static Node leaf(int shard) {
      return new Node(0, shard);
    }

    /** The node above. */
    public Node parent() {
      return new Node(level + 1, index >> 1);
    }

    /** The other child of the node above. */
    public Node sibling() {
      return new Node(level, index ^ 1);
    }

    /** Whether this is the left child of the node above. */
    public boolean isLeft() {
      return (index & 1) == 0;
    }

    /** The node at {@code ancestorLevel} above this one. */
    public Node ancestor(int ancestorLevel) {
      return new Node(ancestorLevel, index >> (ancestorLevel - level));
    }
  }

  /** Level of the root: ⌈log2 n⌉. */
  public int height() {
    return Integer.SIZE - Integer.numberOfLeadingZeros(shards - 1);
  }

  /** The node that covers all shards. */
  public Node root() {
    return new Node(height(), 0);
  }

  /** Number of nodes at a level. */
  public int width(int level) {
    return ((shards - 1) >> level) + 1;
  }

  /** Whether the node covers any shard. */
  public boolean contains(Node node) {
    return node.index() < width(node.level());
  }
}
