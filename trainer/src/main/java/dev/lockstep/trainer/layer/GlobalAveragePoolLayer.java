package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.RowKernels;
import java.util.Arrays;

/**
 * Mean of every channel over all pixels of an image.
 *
 * <pre>
 *   input   [rows, height, width, channels]  read
 *   output  [rows, channels]                 overwritten
 * </pre>
 *
 * Backward: every pixel gets {@code dy/(height · width)}.
 */
public final class GlobalAveragePoolLayer implements Layer {
  private final Shape inputShape;
  private final Shape outputShape;

  /** The layer at a place of a network. */
  GlobalAveragePoolLayer(LayerSpec.GlobalAveragePool spec, LayerPlace place) {
    this.inputShape = place.inputShape();
    if (!inputShape.isImage()) {
      throw LockstepException.usage(Images.needed(place, spec.kind()));
    }
    this.outputShape = Shape.vector(inputShape.channels());
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  /** Sums over the pixels in float64. */
  @Override
  public Scratch scratch() {
    return new Scratch(0, 0, inputShape.channels());
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int channels = inputShape.channels();
    int pixels = inputShape.height() * inputShape.width();
    double[] sums = buffers.doubles();
    for (int row = 0; row < pass.rows(); row++) {
      Arrays.fill(sums, 0.0);
      RowKernels.addColumnSums(input, row * inputShape.size(), pixels, channels, sums);
      for (int c = 0; c < channels; c++) {
        output[row * channels + c] = (float) (sums[c] / pixels);
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
    int pixels = inputShape.height() * inputShape.width();
    float share = (float) (1.0 / pixels);
    for (int row = 0; row < pass.rows(); row++) {
      int first = row * inputShape.size();
      for (int c = 0; c < channels; c++) {
        inputGradient[first + c] = outputGradient[row * channels + c] * share;
      }
      RowKernels.fillRows(inputGradient, first, pixels, channels, inputGradient, first);
    }
  }
}
