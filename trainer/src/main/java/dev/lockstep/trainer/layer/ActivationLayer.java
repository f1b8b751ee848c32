package dev.lockstep.trainer.layer;

/**
 * One function of one variable on every element.
 *
 * <pre>
 *   input   [rows, units]  read
 *   output  [rows, units]  overwritten with f(input)
 * </pre>
 *
 * Backward: {@code dz = dy f'(z)}. The formulas are those of {@link Activation}.
 */
public final class ActivationLayer implements Layer {
  /** Values worked at a time, in all arrays together no more than a core's first cache holds. */
  private static final int BLOCK = 1024;

  private final Activation function;
  private final Shape shape;

  /** The function on rows of this shape. */
  ActivationLayer(Activation function, Shape shape) {
    this.function = function;
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
    int end = pass.rows() * shape.size();
    for (int start = 0; start < end; start += BLOCK) {
      function.apply(input, output, start, Math.min(start + BLOCK, end));
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
    int end = pass.rows() * shape.size();
    for (int start = 0; start < end; start += BLOCK) {
      int blockEnd = Math.min(start + BLOCK, end);
      function.backward(input, output, outputGradient, inputGradient, start, blockEnd);
    }
  }
}
