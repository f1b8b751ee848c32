package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.kernel.FloatMath;
import dev.lockstep.trainer.reduce.ExampleResults;

/**
 * {@code loss = max(z,0) - z y + log(1 + e^-|z|)} over one logit, y ∈ {0, 1}. Gradient {@code
 * sigmoid(z) - y}. The second class is predicted where z &gt; 0.
 */
public final class SigmoidCrossEntropyLoss implements Loss {
  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public int answers() {
    return 2;
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
      float z = outputValues[row];
      float y = targets[row];
      float weight = weights[row];
      double loss =
          Math.max(z, 0f)
              - (double) z * y
              + StrictMath.log1p(StrictMath.exp(-Math.abs((double) z)));
      results.addClass((int) y, z > 0f ? 1 : 0, weight, weight * loss);
      if (gradient != null) {
        gradient[row] = weight * (FloatMath.sigmoid(z) - y);
      }
    }
  }

  @Override
  public void predict(float[] outputValues, int rows, float[] answerValues) {
    for (int row = 0; row < rows; row++) {
      answerValues[2 * row] = FloatMath.sigmoid(-outputValues[row]);
      answerValues[2 * row + 1] = FloatMath.sigmoid(outputValues[row]);
    }
  }
}
