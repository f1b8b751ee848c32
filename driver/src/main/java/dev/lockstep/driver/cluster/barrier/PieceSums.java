package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The sums of some nodes of a tree, each known to be complete as soon as it is. Safe for several
 * threads at once.
 *
 * @param <T> what is summed
 */
final class PieceSums<T extends Mergeable<T>> {
  /** Stands for no node where an addition completed none. */
  static final int NONE = -1;

  private final ShardTree tree;
  private final List<Node> tops;
  private final List<TreeSum<T>> sums = new ArrayList<>();
  private final List<AtomicInteger> missing = new ArrayList<>();

  /**
   * Empty sums.
   *
   * @param tops the nodes; one may lie within another where the pieces below it do not come here
   * @param recycler takes what was added to something else
   */
  PieceSums(ShardTree tree, List<Node> tops, Consumer<? super T> recycler) {
    this.tree = tree;
    this.tops = tops;
    for (Node top : tops) {
      sums.add(new TreeSum<T>(tree, top, recycler));
      missing.add(new AtomicInteger(shards(top)));
    }
  }

  /**
   * Adds a piece.
   *
   * @return the place, in the list of nodes, of the node that is complete now; else {@link #NONE}
   */
  int add(Node node, T piece) {
    int place = place(node);
    sums.get(place).add(node, piece);
    // Additions of other threads are over before they count down.
    return missing.get(place).addAndGet(-shards(node)) == 0 ? place : NONE;
  }

  /** The complete sum of the node at a place of the list. */
  T sum(int place) {
    return sums.get(place).total();
  }

  private int place(Node node) {
    int lowest = NONE;
    for (int i = 0; i < tops.size(); i++) {
      Node top = tops.get(i);
      if (top.level() >= node.level()
          && node.ancestor(top.level()).equals(top)
          && (lowest == NONE || top.level() < tops.get(lowest).level())) {
        lowest = i;
      }
    }
    if (lowest == NONE) {
      throw new IllegalArgumentException(node + " is not below any of " + tops);
    }
    return lowest;
  }

  private int shards(Node node) {
    int first = node.index() << node.level();
    return Math.min(1 << node.level(), tree.shards() - first);
  }
}
