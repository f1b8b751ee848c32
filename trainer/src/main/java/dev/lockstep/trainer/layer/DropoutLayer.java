package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;

/**
 * Inverted dropout: {@code a' = a D / keep} with D ~ Bernoulli(keep) for each unit and example; the
 * identity outside training. Source: Srivastava et al., "Dropout" (2014).
 *
 * <pre>
 *   input   [rows, units]  read
 *   output  [rows, units]  overwritten
 * </pre>
 *
 * D is a pure function of (seed, step, layer, example, unit): the unit stays where its 32-bit draw,
 * read as unsigned, is below keep · 2^32.
 */
public final class DropoutLayer implements Layer {
  private final int index;
  private final Shape shape;
  private final long threshold;
  private final float factor;

  /** The layer at a place of a network. */
  DropoutLayer(LayerSpec.Dropout spec, LayerPlace place) {
    this.index = place.index();
    this.shape = place.inputShape();
    this.threshold = Math.round(spec.keep() * 0x1p32);
    this.factor = (float) (1.0 / spec.keep());
  }

  @Override
  public Shape inputShape() {
    return shape;
  }

  @Override
  public Shape outputShape() {
    return shape;
  }

  /** Per row the factors D/keep, rounded up to whole blocks of draws. */
  @Override
  public Scratch scratch() {
    return new Scratch(paddedUnits(), 0, 0);
  }

  private int paddedUnits() {
    int block = Philox.DRAWS_PER_BLOCK;
    return (shape.size() + block - 1) / block * block;
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int units = shape.size();
    if (!pass.isTraining()) {
      System.arraycopy(input, 0, output, 0, pass.rows() * units);
      return;
    }
    int padded = paddedUnits();
    float[] factors = buffers.perRow();
    int[] words = new int[Philox.DRAWS_PER_BLOCK];
    for (int row = 0; row < pass.rows(); row++) {
      drawFactors(pass, pass.exampleIndices()[row], words, factors, row * padded);
      int start = row * units;
      for (int j = 0; j < units; j++) {
        output[start + j] = input[start + j] * factors[row * padded + j];
      }
    }
  }

  private void drawFactors(Pass pass, long example, int[] words, float[] factors, int offset) {
    int tag = Philox.tag(Purpose.DROPOUT, index, example);
    int low = (int) example;
    int step = (int) pass.step();
    for (int block = 0, j = offset;
        j < offset + paddedUnits();
        block++, j += Philox.DRAWS_PER_BLOCK) {
      Philox.keepFactors(pass.seed(), block, low, step, tag, threshold, factor, words, factors, j);
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
    int units = shape.size();
    int padded = paddedUnits();
    float[] factors = buffers.perRow();
    for (int row = 0; row < pass.rows(); row++) {
      int start = row * units;
      for (int j = 0; j < units; j++) {
        inputGradient[start + j] = outputGradient[start + j] * factors[row * padded + j];
      }
    }
  }
}
