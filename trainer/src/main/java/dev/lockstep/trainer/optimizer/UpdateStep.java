package dev.lockstep.trainer.optimizer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Contribution;

/**
 * What the driver does with the summed contribution of a mini-batch: mean gradient, penalty,
 * clipping, optimizer. Holds settings only; the memory is the {@link OptimizerState} and the {@link
 * UpdateWorkspace} that the caller passes in. Two passes over the flat vectors, each shared out to
 * the workspace's threads.
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
   * Greatest norm whose square is finite in float32, about 1.8e19. Adam and others remember squares
   * of gradients in float32: one that is infinite would hold their parameter still for ever.
   */
  static final double LARGEST_NORM = Math.sqrt(Float.MAX_VALUE);

  /**
   * The objective's parts as they were before the update.
   *
   * @param loss mean over the mini-batch, without the penalty
   * @param penalty l1·Σ|w| + (l2/2)·Σw²
   * @param gradientNorm ‖g‖₂ after regularization and before clipping
   */
  public record Report(double loss, double penalty, double gradientNorm) {
    /** Whether all is finite. */
    public boolean isFinite() {
      return Double.isFinite(loss) && Double.isFinite(penalty) && Double.isFinite(gradientNorm);
    }
  }

  /**
   * Turns the gradient sums of {@code total} into the regularized mean gradient, in place, and says
   * how large the parts are. Changes no parameter.
   *
   * <p>Norm and penalty are added up in float64, within blocks of a fixed size on eight lanes, and
   * then from block to block, so that any number of threads gives the same bits.
   */
  public Report prepare(Contribution total, ParameterVector parameters, UpdateWorkspace workspace) {
    float[] gradient = total.gradient();
    float[] values = parameters.values();
    double weight = total.metrics().weight();
    // Where all examples of a mini-batch weigh 0 there is no mean; they say nothing, so their part
    // is 0.
    float factor = weight > 0.0 ? (float) (1.0 / weight) : 0f;
    double[] squares = workspace.squares();
    double[] penalties = workspace.penalties();
    workspace.forEachBlock(
        (block, from, to) -> {
          scale(gradient, from, to, factor);
          penalties[block] = penalize(values, gradient, from, to);
          squares[block] = LaneSums.squares(gradient, from, to);
        });
    return new Report(
        weight > 0.0 ? total.metrics().meanLoss() : 0.0,
        UpdateWorkspace.sum(penalties),
        Math.sqrt(UpdateWorkspace.sum(squares)));
  }

  private static void scale(float[] gradient, int from, int to, float factor) {
    for (int i = from; i < to; i++) {
      gradient[i] *= factor;
    }
  }

  /** Adds the penalty's gradient in [from, to), and returns the penalty. */
  private double penalize(float[] values, float[] gradient, int from, int to) {
    float l1 = (float) regularization.l1();
    float l2 = (float) regularization.l2();
    double penalty = 0.0;
    if (l1 == 0f && l2 == 0f) {
      return penalty;
    }
    for (ParameterWindow window : layout.windows()) {
      int start = Math.max(from, window.offset());
      int end = Math.min(to, window.end());
      if (window.role() == Role.WEIGHT && start < end) {
        for (int i = start; i < end; i++) {
          float w = values[i];
          gradient[i] += Math.signum(w) * l1 + l2 * w;
        }
        penalty +=
            regularization.l1() * LaneSums.absolutes(values, start, end)
                + 0.5 * regularization.l2() * LaneSums.squares(values, start, end);
      }
    }
    return penalty;
  }

  /**
   * Whether the update may be applied: loss, penalty and gradient are finite, and so are the
   * squares of the gradient, clipped, in float32. Where it may not, training has diverged.
   */
  public boolean accepts(Report report) {
    return report.isFinite() && Math.min(report.gradientNorm(), clipNorm) <= LARGEST_NORM;
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
      long step,
      UpdateWorkspace workspace) {
    float[] gradient = total.gradient();
    double clip = clipNorm / (report.gradientNorm() + CLIP_EPSILON);
    UpdateWorkspace.RangeWork update =
        (place, from, to) -> {
          if (clip < 1.0) {
            scale(gradient, from, to, (float) clip);
          }
          optimizer.update(layout, parameters.values(), gradient, state, from, to, rate, step);
        };
    if (optimizer.needsWholeTensors()) {
      workspace.forEachTensor(update);
    } else {
      workspace.forEachBlock(update);
    }
  }
}
