package dev.lockstep.trainer.optimizer;

import java.io.Serializable;

/**
 * What is added to the mean loss over weight matrices and kernels (no biases, no batch-norm γ and
 * β): l1·Σ|w| + (l2/2)·Σw².
 *
 * @param l1 at least 0
 * @param l2 at least 0; the λ/m of lecture notes
 */
public record Regularization(double l1, double l2) implements Serializable {
  /** No penalty. */
  public static final Regularization NONE = new Regularization(0.0, 0.0);
}
