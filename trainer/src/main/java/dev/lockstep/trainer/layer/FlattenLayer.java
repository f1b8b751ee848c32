package dev.lockstep.trainer.layer;

/**
 * An image as a plain vector in the order channel, height, width, which is PyTorch's: so the
 * weights of a dense layer after it have their columns where PyTorch has them.
 *
 * <pre>
 *   input   [rows, height, width, channels]      read
 *   output  [rows, channels · height · width]    overwritten
 * </pre>
 *
 * Backward moves the gradient back in the same way. With one pixel or one channel both orders are
 * the same.
 */
public final class FlattenLayer implements Layer {
  private final Shape inputShape;
  private final Shape outputShape;

  /** The layer on rows of this shape. */
  FlattenLayer(Shape inputShape) {
    this.inputShape = inputShape;
    this.outputShape = Shape.vector(inputShape.size());
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    transpose(pass.rows(), pixels(), inputShape.channels(), input, output);
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
      transpose(pass.rows(), inputShape.channels(), pixels(), outputGradient, inputGradient);
    }
  }

  private int pixels() {
    return inputShape.height() * inputShape.width();
  }

  /** Every row of {@code from} as a matrix [m, n] becomes [n, m] in {@code to}. */
  private static void transpose(int rows, int m, int n, float[] from, float[] to) {
    int size = m * n;
    if (m == 1 || n == 1) {
      System.arraycopy(from, 0, to, 0, rows * size);
      return;
    }
    for (int row = 0; row < rows; row++) {
      int start = row * size;
      for (int j = 0; j < n; j++) {
        int target = start + j * m;
        for (int i = 0; i < m; i++) {
          to[target + i] = from[start + i * n + j];
        }
      }
    }
  }
}
