package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.kernel.FloatMath;
import dev.lockstep.trainer.reduce.MetricSums;

/**
 * {@code loss = -log softmax(z)_y = log Σ e^(z_k - m) + (m - z_y)} with m = max z, so that nothing
 * overflows. Gradient {@code softmax(z) - onehot(y)}. The predicted class is that of the largest
 * logit, the first of equals.
 */
public final class SoftmaxCrossEntropyLoss implements Loss {
  private final int classes;

  /** Over K ≥ 2 logits. */
  public SoftmaxCrossEntropyLoss(int classes) {
    this.classes = classes;
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
      MetricSums sums) {
    for (int row = 0; row < rows; row++) {
      int start = row * classes;
      int predicted = largest(outputValues, start);
      float max = outputValues[start + predicted];
      double total = 0.0;
      for (int k = 0; k < classes; k++) {
        float e = FloatMath.exp(outputValues[start + k] - max);
        total += e;
        if (gradient != null) {
          gradient[start + k] = e;
        }
      }
      int actual = (int) targets[row];
      float weight = weights[row];
      double loss = StrictMath.log(total) + ((double) max - outputValues[start + actual]);
      sums.addClass(actual, predicted, weight, weight * loss);
      if (gradient != null) {
        float factor = (float) (weight / total);
        for (int k = 0; k < classes; k++) {
          gradient[start + k] *= factor;
        }
        gradient[start + actual] -= weight;
      }
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
      double total = 0.0;
      for (int k = 0; k < classes; k++) {
        float e = FloatMath.exp(outputValues[start + k] - max);
        total += e;
        answerValues[start + k] = e;
      }
      float factor = (float) (1.0 / total);
      for (int k = 0; k < classes; k++) {
        answerValues[start + k] *= factor;
      }
    }
  }
}
