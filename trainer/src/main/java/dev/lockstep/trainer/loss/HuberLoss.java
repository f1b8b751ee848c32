package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.reduce.ExampleResults;

/**
 * {@code loss = e²/2} where |e| ≤ δ, else {@code δ (|e| - δ/2)}, with e = ŷ - y over one output.
 * Gradient: e cut off at ±δ. Source: Huber, "Robust Estimation of a Location Parameter" (1964), as
 * PyTorch's HuberLoss.
 */
public final class HuberLoss implements Loss {
  private final double delta;

  /** With δ &gt; 0. */
  public HuberLoss(double delta) {
    this.delta = delta;
  }

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
      double size = Math.abs(error);
      double loss = size <= delta ? 0.5 * error * error : delta * (size - 0.5 * delta);
      results.addValue(targets[row], outputValues[row], weight, weight * loss);
      if (gradient != null) {
        gradient[row] = (float) (weight * Math.max(-delta, Math.min(delta, error)));
      }
    }
  }

  @Override
  public void predict(float[] outputValues, int rows, float[] answerValues) {
    System.arraycopy(outputValues, 0, answerValues, 0, rows);
  }
}
