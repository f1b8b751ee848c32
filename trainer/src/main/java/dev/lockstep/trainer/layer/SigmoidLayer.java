package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.kernel.FloatMath;

/**
 * Element by element {@code y = 1/(1 + e^-z)}.
 *
 * <pre>
 *   input   [rows, units]  read
 *   output  [rows, units]  overwritten
 * </pre>
 *
 * Backward: {@code dz = dy y (1 - y)}.
 */
public final class SigmoidLayer implements Layer {
  private final Shape shape;

  /** The function on rows of this shape. */
  SigmoidLayer(Shape shape) {
    this.shape = shape;
  }

  @Override
  public Shape inputShape() {
    return shape;
  }

  @Override
  public Shape outputShape() {
    return shape;
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int values = pass.rows() * shape.size();
    for (int i = 0; i < values; i++) {
      output[i] = FloatMath.sigmoid(input[i]);
    }
  }

  @Override
  public void backward(
      Pass pass,
      LayerBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient) {
    if (inputGradient == null) {
      return;
    }
    int values = pass.rows() * shape.size();
    for (int i = 0; i < values; i++) {
      inputGradient[i] = outputGradient[i] * (output[i] * (1f - output[i]));
    }
  }
}
