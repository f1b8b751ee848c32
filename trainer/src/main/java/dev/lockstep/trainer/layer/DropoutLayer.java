package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.util.Arrays;
import java.util.List;

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
  /** Counters worked on at once: all their words stay in a core's first cache. */
  private static final int COUNTERS = 256;

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

  /** Per row the factors D/keep, with room for whole blocks of draws; per pass the counters. */
  @Override
  public Scratch scratch() {
    int block = Philox.DRAWS_PER_BLOCK;
    return new Scratch(blocksPerRow() * block, 0, 0, 0, 0, COUNTERS, List.of());
  }

  private int blocksPerRow() {
    return (shape.size() + Philox.DRAWS_PER_BLOCK - 1) / Philox.DRAWS_PER_BLOCK;
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int values = pass.rows() * shape.size();
    if (pass.isTraining()) {
      drawFactors(pass, buffers);
      multiply(input, buffers.perRow(), output, values);
    } else {
      System.arraycopy(input, 0, output, 0, values);
    }
  }

  private static void multiply(float[] values, float[] factors, float[] products, int length) {
    for (int i = 0; i < length; i++) {
      products[i] = values[i] * factors[i];
    }
  }

  /** Leaves the factors [rows, units] in the memory per row, some blocks of draws at a time. */
  private void drawFactors(Pass pass, LayerBuffers buffers) {
    int total = pass.rows() * blocksPerRow();
    for (int first = 0; first < total; first += COUNTERS) {
      int count = Math.min(COUNTERS, total - first);
      setCounters(pass, buffers, first, count);
      Philox.blocks(
          pass.seed(),
          buffers.counterWord(0),
          buffers.counterWord(1),
          buffers.counterWord(2),
          buffers.counterWord(3),
          count);
      for (int word = 0; word < Philox.WORDS; word++) {
        choose(buffers.counterWord(word), count, threshold, Float.floatToIntBits(factor));
      }
      storeFactors(buffers, first, count);
    }
  }

  /** The counters of the blocks of draws first … first+count-1, counted through all rows. */
  private void setCounters(Pass pass, LayerBuffers buffers, int first, int count) {
    int perRow = blocksPerRow();
    long[] word0 = buffers.counterWord(0);
    for (int i = 0; i < count; ) {
      int block = (first + i) % perRow;
      int end = Math.min(count, i + perRow - block);
      long example = pass.exampleIndices()[(first + i) / perRow];
      int tag = Philox.tag(Purpose.DROPOUT, index, example);
      Arrays.fill(buffers.counterWord(1), i, end, Integer.toUnsignedLong((int) example));
      Arrays.fill(buffers.counterWord(3), i, end, Integer.toUnsignedLong(tag));
      for (; i < end; i++) {
        word0[i] = block++;
      }
    }
    Arrays.fill(buffers.counterWord(2), 0, count, Integer.toUnsignedLong((int) pass.step()));
  }

  /** Replaces each draw by {@code bits} where it is below the threshold, else by 0. */
  private static void choose(long[] draws, int count, long threshold, int bits) {
    for (int i = 0; i < count; i++) {
      // The sign of a difference is a mask: a choice without a branch.
      draws[i] = ((draws[i] - threshold) >> 63) & bits;
    }
  }

  /**
   * Puts four draws from four words side by side. Where a row ends within a block, the rest of the
   * block is overwritten by the next row.
   */
  private void storeFactors(LayerBuffers buffers, int first, int count) {
    int perRow = blocksPerRow();
    long[] word0 = buffers.counterWord(0);
    long[] word1 = buffers.counterWord(1);
    long[] word2 = buffers.counterWord(2);
    long[] word3 = buffers.counterWord(3);
    float[] factors = buffers.perRow();
    for (int i = 0; i < count; ) {
      int block = (first + i) % perRow;
      int end = Math.min(count, i + perRow - block);
      int place = (first + i) / perRow * shape.size() + block * Philox.DRAWS_PER_BLOCK;
      for (; i < end; i++, place += Philox.DRAWS_PER_BLOCK) {
        factors[place] = Float.intBitsToFloat((int) word0[i]);
        factors[place + 1] = Float.intBitsToFloat((int) word1[i]);
        factors[place + 2] = Float.intBitsToFloat((int) word2[i]);
        factors[place + 3] = Float.intBitsToFloat((int) word3[i]);
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
    if (inputGradient != null) {
      multiply(outputGradient, buffers.perRow(), inputGradient, pass.rows() * shape.size());
    }
  }
}
