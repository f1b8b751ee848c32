package dev.lockstep.trainer.parameter;

import dev.lockstep.trainer.parameter.ParameterWindow.Role;

/** How many weights are as good as 0: what an l1 penalty brings about. Stateless. */
public final class Sparsity {
  /** A weight of at most this size counts as 0. */
  public static final double THRESHOLD = 1e-6;

  private Sparsity() {}

  /**
   * The share of elements with |w| ≤ 1e-6 among all weight matrices and kernels (no biases, no γ
   * and β), from 0 to 1; 0 where the network has no weights.
   */
  public static double share(ParameterLayout layout, ParameterVector parameters) {
    float[] values = parameters.values();
    long weights = 0;
    long zeros = 0;
    for (ParameterWindow window : layout.windows()) {
      if (window.role() == Role.WEIGHT) {
        weights += window.length();
        for (int i = window.offset(); i < window.end(); i++) {
          if (Math.abs(values[i]) <= THRESHOLD) {
            zeros++;
          }
        }
      }
    }
    return weights == 0 ? 0.0 : (double) zeros / weights;
  }
}
