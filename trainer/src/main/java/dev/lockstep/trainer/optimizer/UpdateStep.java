package dev.lockstep.trainer.optimizer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Contribution;

/**
 * What the driver does with the summed contribution of a mini-batch: mean gradient, penalty,
 * clipping, optimizer. Holds settings only; the memory is the {@link OptimizerState} that the
 * caller passes in.
 *
 * @param layout where the parameters lie
 * @param regularization l1 and l2
 * @param clipNorm greatest norm of the gradient, or {@link Double#POSITIVE_INFINITY} for no
 *     clipping
 * @param optimizer the update rule
 */
public record UpdateStep(
    ParameterLayout layout, Regularization regularization, double clipNorm, Optimizer optimizer) {
  /** Keeps the clipping factor finite for a zero gradient, as PyTorch does. */
  private static final double CLIP_EPSILON = 1e-6;

  /**
   * The objective's parts as they were before the update.
   *
   * @param loss mean over the mini-batch, without the penalty
   * @param penalty l1·Σ|w| + (l2/2)·Σw²
   * @param gradientNorm ‖g‖₂ after regularization and before clipping
   */
  public record Report(double loss, double penalty, double gradientNorm) {
    /** Whether all is finite, so that the update may be applied. */
    public boolean isFinite() {
      return Double.isFinite(loss) && Double.isFinite(penalty) && Double.isFinite(gradientNorm);
    }
  }

  /**
   * Turns the gradient sums of {@code total} into the regularized mean gradient, in place, and says
   * how large the parts are. Changes no parameter.
   */
  public Report prepare(Contribution total, ParameterVector parameters) {
    float[] gradient = total.gradient();
    float[] values = parameters.values();
    double weight = total.metrics().weight();
    // Where all examples of a mini-batch weigh 0 there is no mean; they say nothing, so their part
    // is 0.
    float factor = weight > 0.0 ? (float) (1.0 / weight) : 0f;
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= factor;
    }
    double penalty = 0.0;
    float l1 = (float) regularization.l1();
    float l2 = (float) regularization.l2();
    if (l1 != 0f || l2 != 0f) {
      for (ParameterWindow window : layout.windows()) {
        if (window.role() == Role.WEIGHT) {
          penalty += penalize(values, gradient, window, l1, l2);
        }
      }
    }
    double squares = 0.0;
    for (float g : gradient) {
      squares += (double) g * g;
    }
    return new Report(weight > 0.0 ? total.metrics().meanLoss() : 0.0, penalty, Math.sqrt(squares));
  }

  private double penalize(
      float[] values, float[] gradient, ParameterWindow window, float l1, float l2) {
    double absolute = 0.0;
    double squared = 0.0;
    for (int i = window.offset(); i < window.end(); i++) {
      float w = values[i];
      absolute += Math.abs(w);
      squared += (double) w * w;
      gradient[i] += Math.signum(w) * l1 + l2 * w;
    }
    return regularization.l1() * absolute + 0.5 * regularization.l2() * squared;
  }

  /**
   * Clips the prepared gradient and applies the optimizer.
   *
   * @param total as {@link #prepare} left it; its gradient is overwritten where it is clipped
   * @param report what {@link #prepare} returned
   * @param parameters the trainable part is updated in place
   * @param state updated in place
   * @param rate learning rate of this step
   * @param step step counted from 1
   */
  public void apply(
      Contribution total,
      Report report,
      ParameterVector parameters,
      OptimizerState state,
      double rate,
      long step) {
    float[] gradient = total.gradient();
    double clip = clipNorm / (report.gradientNorm() + CLIP_EPSILON);
    if (clip < 1.0) {
      float factor = (float) clip;
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= factor;
      }
    }
    optimizer.update(layout, parameters.values(), gradient, state, 0, gradient.length, rate, step);
  }
}
