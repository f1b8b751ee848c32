package dev.lockstep.trainer.parameter;

/**
 * All parameters of a network as one flat float32 array, laid out by a {@link ParameterLayout}:
 * what the driver owns, updates in place between two steps, and sends to the replicas.
 *
 * <p>Replicas read it while a step runs and nobody writes it then; the driver writes it between
 * steps.
 */
public final class ParameterVector {
  private final float[] values;

  /** A vector over {@code values}, which is kept and not copied. */
  public ParameterVector(float[] values) {
    this.values = values;
  }

  /** Number of elements, running statistics included. */
  public int length() {
    return values.length;
  }

  /** The elements: this object's own array. */
  public float[] values() {
    return values;
  }

  /** An independent copy, for readers that outlive the step. */
  public ParameterVector copy() {
    return new ParameterVector(values.clone());
  }
}
