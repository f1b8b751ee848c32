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
    function.apply(input, output, 0, pass.rows() * shape.size());
  }

  @Override
  public void backward(
      Pass pass,
      LayerBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient) {
    if (inputGradient != null) {
      function.backward(
          input, output, outputGradient, inputGradient, 0, pass.rows() * shape.size());
    }
  }
}
