package dev.lockstep.trainer.layer;

/**
 * Element by element {@code y = max(z, 0)}.
 *
 * <pre>
 *   input   [rows, units]  read
 *   output  [rows, units]  overwritten
 * </pre>
 *
 * Backward: {@code dz = dy where the output is positive, else 0 (also at z = 0)}.
 */
public final class ReluLayer implements Layer {
  private final Shape shape;

  /** The function on rows of this shape. */
  ReluLayer(Shape shape) {
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
      output[i] = Math.max(input[i], 0f);
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
      inputGradient[i] = output[i] > 0f ? outputGradient[i] : 0f;
    }
  }
}
