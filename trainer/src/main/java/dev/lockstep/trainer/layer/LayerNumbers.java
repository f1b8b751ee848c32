package dev.lockstep.trainer.layer;

/**
 * Hands out the numbers of layers inside blocks while a network is bound: from the number of
 * top-level layers upward, in the order in which layers are met depth first. Mutable; lives as long
 * as the binding.
 */
public final class LayerNumbers {
  private int next;

  /** Numbers from {@code first} on. */
  LayerNumbers(int first) {
    this.next = first;
  }

  /** The next free number. */
  int take() {
    return next++;
  }
}
