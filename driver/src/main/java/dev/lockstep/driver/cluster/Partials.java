package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.List;
import scala.collection.Iterator;

/** Between Spark's iterators and partial sums. */
final class Partials {
  private Partials() {}

  /** All elements, in order. */
  static <T> List<T> list(Iterator<T> elements) {
    List<T> list = new ArrayList<>();
    while (elements.hasNext()) {
      list.add(elements.next());
    }
    return list;
  }

  /** The pieces of a sum, ready to be sent. */
  static <T extends Mergeable<T>> ShardSum<?>[] of(TreeSum<T> sum) {
    List<ShardSum<T>> pieces = new ArrayList<>();
    sum.pieces().forEach((node, piece) -> pieces.add(new ShardSum<>(node, piece)));
    return pieces.toArray(new ShardSum<?>[0]);
  }

  /** Number of pieces that the sum over these shards, neighbors in order, will have. */
  static int count(ShardTree tree, List<Shard> shards) {
    return shards.isEmpty()
        ? 0
        : ReductionPlan.pieces(
            tree, shards.get(0).number(), shards.get(shards.size() - 1).number() + 1);
  }
}
