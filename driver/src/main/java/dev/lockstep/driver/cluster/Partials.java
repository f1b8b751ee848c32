package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Between Spark's iterators and partial sums. */
final class Partials {
  private Partials() {}

  /** All elements, in order. */
  static <T> List<T> list(Iterator<T> elements) {
    List<T> list = new ArrayList<>();
    elements.forEachRemaining(list::add);
    return list;
  }

  /** The pieces of a sum, ready to be sent. */
  static <T extends Mergeable<T>> Iterator<ShardSum<T>> of(TreeSum<T> sum) {
    List<ShardSum<T>> pieces = new ArrayList<>();
    sum.pieces().forEach((node, piece) -> pieces.add(new ShardSum<>(node, piece)));
    return pieces.iterator();
  }
}
