package dev.lockstep.trainer.reduce;

/**
 * A sum that can be merged with its right neighbour; empty sums are skipped, so they are the
 * identity to the last bit.
 */
public interface Mergeable<T extends Mergeable<T>> {
  /** Whether nothing was added yet. */
  boolean isEmpty();

  /**
   * Adds {@code right} to this sum, element by element, this plus right. {@code right} is not
   * changed.
   */
  void merge(T right);
}
