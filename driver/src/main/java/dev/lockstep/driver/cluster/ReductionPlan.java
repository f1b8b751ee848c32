package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * How partial sums travel to the driver: directly while there are few, else through shuffles that
 * each climb some levels of the {@link ShardTree}, so that no machine receives more than {@link
 * #FAN_IN} gradients and the driver at most {@link #DIRECT_PIECES}.
 */
final class ReductionPlan {
  /** Pieces that the driver takes without a shuffle before it. */
  static final int DIRECT_PIECES = 4;

  /** Levels that one shuffle climbs at most; 2^4 pieces meet in one reducer. */
  static final int LEVELS_PER_SHUFFLE = 4;

  /** Pieces that one reducer receives at most, where partitions are aligned with the tree. */
  static final int FAN_IN = 1 << LEVELS_PER_SHUFFLE;

  private ReductionPlan() {}

  /**
   * The levels of the tree at which shuffles gather, lowest first; empty where the tasks' own sums
   * go to the driver directly.
   *
   * @param tree the shards
   * @param partitions contiguous ranges that the shards are spread over, as {@link #firstShard}
   *     cuts them
   */
  static List<Integer> shuffleLevels(ShardTree tree, int partitions) {
    List<Integer> levels = new ArrayList<>();
    if (pieces(tree, partitions) <= DIRECT_PIECES) {
      return levels;
    }
    // Two nodes are left for the driver: the root's children.
    int top = tree.height() - 1;
    // Below this level a partition already holds whole nodes, so nothing is left to gather.
    int bottom =
        Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, tree.shards() / partitions));
    for (int level = top; level > bottom || levels.isEmpty(); level -= LEVELS_PER_SHUFFLE) {
      levels.add(0, level);
    }
    return levels;
  }

  /**
   * The node at which a piece is gathered: the one above it at {@code level}, or itself where it
   * already covers more.
   */
  static Node gatheringNode(Node piece, int level) {
    return piece.level() >= level ? piece : piece.ancestor(level);
  }

  /** The reducer, numbered as the nodes of {@code level} are, that gathers a piece. */
  static int reducer(Node piece, int level) {
    Node node = gatheringNode(piece, level);
    return node.index() << (node.level() - level);
  }

  /** Number of partial sums that leave all tasks together. */
  static int pieces(ShardTree tree, int partitions) {
    int pieces = 0;
    for (int partition = 0; partition < partitions; partition++) {
      pieces +=
          pieces(
              tree,
              firstShard(tree, partition, partitions),
              firstShard(tree, partition + 1, partitions));
    }
    return pieces;
  }

  /** First shard of a partition. */
  static int firstShard(ShardTree tree, int partition, int partitions) {
    return (int) ((long) partition * tree.shards() / partitions);
  }

  /** Number of nodes that exactly cover the shards from … to - 1. */
  private static int pieces(ShardTree tree, int from, int to) {
    int pieces = 0;
    int start = from;
    while (start < to) {
      int level = 0;
      // Climb while the node above starts here too and covers no shard (that exists) outside the
      // range.
      while (level < tree.height()
          && start % (2 << level) == 0
          && Math.min(start + (2 << level), tree.shards()) <= to) {
        level++;
      }
      start += 1 << level;
      pieces++;
    }
    return pieces;
  }
}
