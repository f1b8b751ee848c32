package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.reduce.ExampleResults;

/** {@code loss = (ŷ - y)²} over one output. Gradient {@code 2 (ŷ - y)}. */
public final class MeanSquaredErrorLoss implements Loss {
  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public int answers() {
    return 1;
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
      float weight = weights[row];
      double error = (double) outputValues[row] - targets[row];
      results.addValue(targets[row], outputValues[row], weight, weight * error * error);
      if (gradient != null) {
        gradient[row] = (float) (2.0 * weight * error);
      }
    }
  }

  @Override
  public void predict(float[] outputValues, int rows, float[] answerValues) {
    System.arraycopy(outputValues, 0, answerValues, 0, rows);
  }
}
