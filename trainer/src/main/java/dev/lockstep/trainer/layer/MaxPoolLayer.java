package dev.lockstep.trainer.layer;

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
 * A NaN counts as the largest value.
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

  /** Per output value the place of the largest input value in its row. */
  @Override
  public Scratch scratch() {
    return new Scratch(0, 0, 0, outputShape.size(), List.of());
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    int target = 0;
    for (int row = 0; row < pass.rows(); row++) {
      int rowStart = row * inputShape.size();
      for (int y = 0; y < outputShape.height(); y++) {
        for (int x = 0; x < outputShape.width(); x++) {
          int corner = y * size * line + x * size * channels;
          if (pass.isTraining()) {
            findLargest(input, rowStart, corner, output, buffers.intsPerRow(), target);
          } else {
            takeLargest(input, rowStart + corner, output, target);
          }
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

  private void findLargest(
      float[] input, int rowStart, int corner, float[] output, int[] places, int target) {
    int channels = inputShape.channels();
    int line = inputShape.width() * channels;
    for (int c = 0; c < channels; c++) {
      int place = corner + c;
      float largest = input[rowStart + place];
      for (int v = 0; v < size; v++) {
        int from = corner + v * line + c;
        for (int other = from; other < from + size * channels; other += channels) {
          float value = input[rowStart + other];
          if (value > largest || Float.isNaN(value)) {
            largest = value;
            place = other;
          }
        }
      }
      output[target + c] = largest;
      places[target + c] = place;
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
    int[] places = buffers.intsPerRow();
    int in = inputShape.size();
    int out = outputShape.size();
    Arrays.fill(inputGradient, 0, pass.rows() * in, 0f);
    for (int row = 0; row < pass.rows(); row++) {
      int rowStart = row * in;
      for (int i = row * out; i < (row + 1) * out; i++) {
        inputGradient[rowStart + places[i]] = outputGradient[i];
      }
    }
  }
}
