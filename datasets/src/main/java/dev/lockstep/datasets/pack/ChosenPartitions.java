package dev.lockstep.datasets.pack;

import java.io.Serializable;
import java.util.BitSet;
import scala.runtime.AbstractFunction1;

/** Chooses partitions by number, for Spark's pruning. */
final class ChosenPartitions extends AbstractFunction1<Object, Object> implements Serializable {
  private static final long serialVersionUID = 1L;

  private final BitSet numbers;

  ChosenPartitions(BitSet numbers) {
    this.numbers = numbers;
  }

  /** Those from {@code first} to below {@code end}. */
  static ChosenPartitions between(int first, int end) {
    BitSet numbers = new BitSet();
    numbers.set(first, end);
    return new ChosenPartitions(numbers);
  }

  @Override
  public Object apply(Object partition) {
    return numbers.get((Integer) partition);
  }
}
