package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.kernel.FloatMath;
import dev.lockstep.trainer.reduce.ExampleResults;
import java.util.List;

/**
 * {@code loss = -Σ q_k log softmax(z)_k = log Σ e^(z_k - m) + Σ q_k (m - z_k)} with m = max z, so
 * that nothing overflows, and {@code q = (1-ε) onehot(y) + ε/K}. Gradient {@code softmax(z) - q}.
 * The predicted class is that of the largest logit, the first of equals. Source of ε: Szegedy et
 * al., "Rethinking the Inception Architecture for Computer Vision" (2016), section 7.
 *
 * <p>Where classes have weights, that of the true class y multiplies the weight of the example, and
 * so the whole smoothed loss, its gradient, and the sum of weights that means divide by. (PyTorch
 * agrees where ε is 0; with both it weights every class's part of the smoothed target on its own.)
 */
public final class SoftmaxCrossEntropyLoss implements Loss {
  private final int classes;
  private final double labelSmoothing;

  /** [classes], or null where all weigh the same. */
  private final float[] classWeights;

  /** Over K ≥ 2 logits, without label smoothing and class weights. */
  public SoftmaxCrossEntropyLoss(int classes) {
    this(classes, 0.0, List.of());
  }

  /**
   * Over K ≥ 2 logits.
   *
   * @param classes K
   * @param labelSmoothing ε, 0 ≤ ε &lt; 1
   * @param classWeights K numbers above 0, or none
   */
  public SoftmaxCrossEntropyLoss(int classes, double labelSmoothing, List<Double> classWeights) {
    this.classes = classes;
    this.labelSmoothing = labelSmoothing;
    this.classWeights = classWeights.isEmpty() ? null : new float[classes];
    for (int k = 0; k < classWeights.size(); k++) {
      this.classWeights[k] = classWeights.get(k).floatValue();
    }
  }

  @Override
  public int outputs() {
    return classes;
  }

  @Override
  public int answers() {
    return classes;
  }

  @Override
  public void evaluate(
      float[] outputValues,
      int rows,
      float[] targets,
      float[] weights,
      float[] gradient,
      ExampleResults results) {
    for (int row = 0; row < rows; row++) {
      int start = row * classes;
      int predicted = largest(outputValues, start);
      float max = outputValues[start + predicted];
      double total =
          gradient == null
              ? sumOfExponentials(outputValues, start, max)
              : exponentials(outputValues, start, max, gradient);
      int actual = (int) targets[row];
      float weight = classWeights == null ? weights[row] : weights[row] * classWeights[actual];
      double below = (double) max - outputValues[start + actual];
      if (labelSmoothing > 0.0) {
        below =
            (1.0 - labelSmoothing) * below + labelSmoothing * meanBelow(outputValues, start, max);
      }
      double loss = StrictMath.log(total) + below;
      results.addClass(actual, predicted, weight, weight * loss);
      if (gradient != null) {
        float factor = (float) (weight / total);
        for (int k = 0; k < classes; k++) {
          gradient[start + k] *= factor;
        }
        takeTarget(gradient, start, actual, weight);
      }
    }
  }

  /** Σ e^(z_k - max) of a row, whose terms are left in {@code terms}, at the same places. */
  private double exponentials(float[] values, int start, float max, float[] terms) {
    FloatMath.exp(values, max, terms, start, start + classes);
    double sum = 0.0;
    for (int k = 0; k < classes; k++) {
      sum += terms[start + k];
    }
    return sum;
  }

  private double sumOfExponentials(float[] values, int start, float max) {
    double sum = 0.0;
    for (int k = 0; k < classes; k++) {
      sum += FloatMath.exp(values[start + k] - max);
    }
    return sum;
  }

  /** Mean over the classes of max - z_k. */
  private double meanBelow(float[] values, int start, double max) {
    double sum = 0.0;
    for (int k = 0; k < classes; k++) {
      sum += max - values[start + k];
    }
    return sum / classes;
  }

  /** Subtracts weight · q. */
  private void takeTarget(float[] gradient, int start, int actual, float weight) {
    if (labelSmoothing > 0.0) {
      float share = (float) (weight * labelSmoothing / classes);
      for (int k = 0; k < classes; k++) {
        gradient[start + k] -= share;
      }
      gradient[start + actual] -= (float) (weight * (1.0 - labelSmoothing));
    } else {
      gradient[start + actual] -= weight;
    }
  }

  private int largest(float[] values, int start) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (values[start + k] > values[start + best]) {
        best = k;
      }
    }
    return best;
  }

  @Override
  public void predict(float[] outputValues, int rows, float[] answerValues) {
    for (int row = 0; row < rows; row++) {
      int start = row * classes;
      float max = outputValues[start + largest(outputValues, start)];
      double total = exponentials(outputValues, start, max, answerValues);
      float factor = (float) (1.0 / total);
      for (int k = 0; k < classes; k++) {
        answerValues[start + k] *= factor;
      }
    }
  }
}
