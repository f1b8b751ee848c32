package dev.lockstep.trainer.optimizer;

import java.util.List;

/**
 * Everything an optimizer remembers between steps: one flat array per slot, each as long as the
 * trainable parameters, and nothing else. Saving the slots and the step number is enough to
 * continue to the same bits.
 *
 * <p>Mutable: {@link Optimizer#update} overwrites the slots.
 */
public final class OptimizerState {
  private final List<String> names;
  private final float[][] slots;

  /** Slots of {@code length} zeros under the given names. */
  public OptimizerState(List<String> names, int length) {
    this.names = List.copyOf(names);
    this.slots = new float[names.size()][length];
  }

  /** The names of the slots, in order. */
  public List<String> names() {
    return names;
  }

  /** The slot at a place in {@link #names()}: this object's own array. */
  public float[] slot(int index) {
    return slots[index];
  }
}
