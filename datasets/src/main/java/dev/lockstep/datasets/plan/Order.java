package dev.lockstep.datasets.plan;

/** The order in which one epoch uses the examples of a split. */
public final class Order {
  private final KeyedPermutation permutation;

  /** The given permutation, or the identity for {@code null}. */
  Order(KeyedPermutation permutation) {
    this.permutation = permutation;
  }

  /** Index (in the split) of the example at a position of the epoch. */
  public long indexAt(long position) {
    return permutation == null ? position : permutation.apply(position);
  }

  /** Position in the epoch of the example with the given index. */
  public long positionOf(long index) {
    return permutation == null ? index : permutation.invert(index);
  }
}
