package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.kernel.RowKernels;
import java.util.Arrays;
import java.util.List;

/**
 * Largest value of every window of size × size pixels, channel by channel; windows do not overlap
 * and an incomplete last one is dropped.
 *
 * <pre>
 *   input   [rows, height, width, channels]                          read
 *   output  [rows, ⌊height/size⌋, ⌊width/size⌋, channels]  overwritten
 * </pre>
 *
 * Backward: the first of equal largest values, row by row, gets the whole gradient, as in PyTorch.
 *
 * <p>Both directions work line by line of the output. The pixels at one place of all its windows
 * are copied together, so that every loop over values runs along whole lines.
 */
public final class MaxPoolLayer implements Layer {
  /** Its square takes even the smallest positive difference above 1. */
  private static final float HUGE = 0x1p126f;

  private final int size;
  private final Shape inputShape;
  private final Shape outputShape;

  /** The layer at a place of a network. */
  MaxPoolLayer(LayerSpec.MaxPool spec, LayerPlace place) {
    this.size = spec.size();
    this.inputShape = place.inputShape();
    this.outputShape = Images.pooled(place, spec.kind(), size);
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  /** Width and height of a window. */
  public int size() {
    return size;
  }

  /** Pixels of one place in the windows of a line, the line's largest values, and its gradient. */
  @Override
  public Scratch scratch() {
    return new Scratch(0, 0, 0, 3, outputLine(), List.of());
  }

  private int outputLine() {
    return outputShape.width() * outputShape.channels();
  }

  private int lines(Pass pass) {
    return pass.rows() * outputShape.height();
  }

  /** Where the pixels at place (u, v) of the windows of a line of the output begin. */
  private int start(int line, int u, int v) {
    int row = line / outputShape.height();
    int y = line % outputShape.height() * size + v;
    return ((row * inputShape.height() + y) * inputShape.width() + u) * inputShape.channels();
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int channels = inputShape.channels();
    int length = outputLine();
    float[] pixels = buffers.tile(0);
    float[] largest = buffers.tile(1);
    for (int line = 0; line < lines(pass); line++) {
      Arrays.fill(largest, Float.NEGATIVE_INFINITY);
      for (int v = 0; v < size; v++) {
        for (int u = 0; u < size; u++) {
          RowKernels.copyRuns(
              input,
              start(line, u, v),
              size * channels,
              pixels,
              0,
              channels,
              channels,
              outputShape.width());
          takeLarger(pixels, largest, length);
        }
      }
      System.arraycopy(largest, 0, output, line * length, length);
    }
  }

  private static void takeLarger(float[] pixels, float[] largest, int length) {
    for (int i = 0; i < length; i++) {
      largest[i] = Math.max(largest[i], pixels[i]);
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
    if (inputShape.height() % size > 0 || inputShape.width() % size > 0) {
      Arrays.fill(inputGradient, 0, pass.rows() * inputShape.size(), 0f);
    }
    int channels = inputShape.channels();
    int length = outputLine();
    float[] pixels = buffers.tile(0);
    float[] largest = buffers.tile(1);
    float[] rest = buffers.tile(2);
    for (int line = 0; line < lines(pass); line++) {
      System.arraycopy(output, line * length, largest, 0, length);
      System.arraycopy(outputGradient, line * length, rest, 0, length);
      for (int v = 0; v < size; v++) {
        for (int u = 0; u < size; u++) {
          int start = start(line, u, v);
          int windows = outputShape.width();
          int step = size * channels;
          RowKernels.copyRuns(input, start, step, pixels, 0, channels, channels, windows);
          giveToLargest(pixels, largest, rest, length);
          RowKernels.copyRuns(pixels, 0, channels, inputGradient, start, step, channels, windows);
        }
      }
    }
  }

  /**
   * The pixels become their gradients: all that is left of a window's where the pixel equals the
   * largest value, whereupon nothing is left, else 0. A choice without branches, since which pixel
   * is the largest cannot be foretold.
   */
  private static void giveToLargest(float[] pixels, float[] largest, float[] rest, int length) {
    for (int i = 0; i < length; i++) {
      float gradient = rest[i];
      // 0 where they are equal, 1 where the pixel is less. Adding 0 makes -0 a plain 0.
      float kept = Math.min(1f, (largest[i] - pixels[i]) * HUGE * HUGE);
      pixels[i] = gradient * (1f - kept) + 0f;
      rest[i] = gradient * kept;
    }
  }
}
