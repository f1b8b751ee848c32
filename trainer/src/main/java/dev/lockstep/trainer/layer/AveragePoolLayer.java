package dev.lockstep.trainer.layer;

import java.util.Arrays;

/**
 * Mean of every window of size × size pixels, channel by channel; windows do not overlap and an
 * incomplete last one is dropped.
 *
 * <pre>
 *   input   [rows, height, width, channels]                          read
 *   output  [rows, ⌊height/size⌋, ⌊width/size⌋, channels]  overwritten
 * </pre>
 *
 * Backward: every pixel of a window gets {@code dy/size²}; pixels outside all windows get 0.
 */
public final class AveragePoolLayer implements Layer {
  private final int size;
  private final Shape inputShape;
  private final Shape outputShape;
  private final float share;

  /** The layer at a place of a network. */
  AveragePoolLayer(LayerSpec.AveragePool spec, LayerPlace place) {
    this.size = spec.size();
    this.inputShape = place.inputShape();
    this.outputShape = Images.pooled(place, spec.kind(), size);
    this.share = (float) (1.0 / ((double) size * size));
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

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    int target = 0;
    for (int row = 0; row < pass.rows(); row++) {
      for (int y = 0; y < outputShape.height(); y++) {
        for (int x = 0; x < outputShape.width(); x++) {
          int corner = row * inputShape.size() + y * size * line + x * size * channels;
          average(input, corner, output, target);
          target += channels;
        }
      }
    }
  }

  private void average(float[] input, int corner, float[] output, int target) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    Arrays.fill(output, target, target + channels, 0f);
    for (int v = 0; v < size; v++) {
      for (int u = 0; u < size; u++) {
        int source = corner + v * line + u * channels;
        for (int c = 0; c < channels; c++) {
          output[target + c] += input[source + c];
        }
      }
    }
    for (int c = 0; c < channels; c++) {
      output[target + c] *= share;
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
    Arrays.fill(inputGradient, 0, pass.rows() * inputShape.size(), 0f);
    int source = 0;
    for (int row = 0; row < pass.rows(); row++) {
      for (int y = 0; y < outputShape.height(); y++) {
        for (int x = 0; x < outputShape.width(); x++) {
          int corner = row * inputShape.size() + y * size * line + x * size * channels;
          spread(outputGradient, source, inputGradient, corner);
          source += channels;
        }
      }
    }
  }

  private void spread(float[] outputGradient, int source, float[] inputGradient, int corner) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    for (int v = 0; v < size; v++) {
      for (int u = 0; u < size; u++) {
        int target = corner + v * line + u * channels;
        for (int c = 0; c < channels; c++) {
          inputGradient[target + c] = outputGradient[source + c] * share;
        }
      }
    }
  }
}
