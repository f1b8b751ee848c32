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
  private static final float HUGE = 0x1p126f;

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
      // 1 for every positive output, subnormal ones too, and 0 for 0: a choice without a branch,
      // which signs at random would make slow. Adding 0 makes -0 a plain 0.
      float factor = Math.min(1f, output[i] * HUGE * HUGE);
      inputGradient[i] = outputGradient[i] * factor + 0f;
    }
  }
}
