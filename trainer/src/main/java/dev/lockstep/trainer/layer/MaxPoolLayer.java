package dev.lockstep.trainer.layer;

import java.util.Arrays;

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
 */
public final class MaxPoolLayer implements Layer {
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

  /** What of a window's gradient has not been given away yet. */
  @Override
  public Scratch scratch() {
    return new Scratch(0, inputShape.channels(), 0);
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    int target = 0;
    for (int row = 0; row < pass.rows(); row++) {
      for (int y = 0; y < outputShape.height(); y++) {
        for (int x = 0; x < outputShape.width(); x++) {
          int corner = row * inputShape.size() + y * size * line + x * size * channels;
          takeLargest(input, corner, output, target);
          target += channels;
        }
      }
    }
  }

  private void takeLargest(float[] input, int corner, float[] output, int target) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    System.arraycopy(input, corner, output, target, channels);
    for (int v = 0; v < size; v++) {
      for (int u = v == 0 ? 1 : 0; u < size; u++) {
        int source = corner + v * line + u * channels;
        for (int c = 0; c < channels; c++) {
          output[target + c] = Math.max(output[target + c], input[source + c]);
        }
      }
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
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    float[] rest = buffers.floats();
    Arrays.fill(inputGradient, 0, pass.rows() * inputShape.size(), 0f);
    int source = 0;
    for (int row = 0; row < pass.rows(); row++) {
      for (int y = 0; y < outputShape.height(); y++) {
        for (int x = 0; x < outputShape.width(); x++) {
          int corner = row * inputShape.size() + y * size * line + x * size * channels;
          System.arraycopy(outputGradient, source, rest, 0, channels);
          giveToFirstLargest(input, inputGradient, corner, output, source, rest);
          source += channels;
        }
      }
    }
  }

  /**
   * A choice without branches, since which pixel is the largest cannot be foretold: the mask has
   * all bits set where the pixel equals the largest value (a difference of 0 has the bits 0, one
   * above 0 those of a positive integer) and none elsewhere; whoever takes the gradient leaves 0.
   */
  private void giveToFirstLargest(
      float[] input, float[] inputGradient, int corner, float[] output, int source, float[] rest) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    for (int v = 0; v < size; v++) {
      for (int u = 0; u < size; u++) {
        int pixel = corner + v * line + u * channels;
        for (int c = 0; c < channels; c++) {
          float below = output[source + c] - input[pixel + c];
          int mask = (Float.floatToRawIntBits(below) - 1) >> 31;
          int gradient = Float.floatToRawIntBits(rest[c]);
          inputGradient[pixel + c] = Float.intBitsToFloat(gradient & mask);
          rest[c] = Float.intBitsToFloat(gradient & ~mask);
        }
      }
    }
  }
}
