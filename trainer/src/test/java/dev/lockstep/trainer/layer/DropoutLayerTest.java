package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.reduce.Moments;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DropoutLayerTest {
  private static final int UNITS = 13;

  private static float[] mask(int layer, double keep, long seed, long step, long... indices) {
    LayerSpec[] specs = new LayerSpec[layer + 1];
    Arrays.fill(specs, new LayerSpec.Relu());
    specs[layer] = new LayerSpec.Dropout(keep);
    Network network = new Network(List.of(specs), Shape.vector(UNITS));
    float[] ones = new float[indices.length * UNITS];
    Arrays.fill(ones, 1f);
    float[] output = new float[ones.length];
    Pass pass = new Pass(network.layout());
    pass.train(new float[0], seed, step, indices, indices.length, new float[0], new Moments[0]);
    Layer dropout = network.layers().get(layer);
    dropout.forward(pass, new LayerBuffers(dropout.scratch(), indices.length), ones, output);
    return output;
  }

  @Test
  void maskOfAnExampleDoesNotDependOnTheRowsBesideIt() {
    float[] together = mask(0, 0.5, 1, 4, 10, 20, 30);
    for (int row = 0; row < 3; row++) {
      assertThat(mask(0, 0.5, 1, 4, 10L * (row + 1)))
          .isEqualTo(Arrays.copyOfRange(together, row * UNITS, (row + 1) * UNITS));
    }
    float[] backwards = mask(0, 0.5, 1, 4, 30, 20, 10);
    assertThat(Arrays.copyOf(backwards, UNITS))
        .isEqualTo(Arrays.copyOfRange(together, 2 * UNITS, 3 * UNITS));
  }

  /** Over more draws than are made at once, in rows that do not end with a block of draws. */
  @Test
  void everyMaskBitComesFromItsOwnCounter() {
    long[] indices = new long[200];
    Arrays.setAll(indices, row -> 7L * row + (row % 2 == 0 ? 1L << 33 : 0));
    float[] mask = mask(3, 0.7, 11, 5, indices);
    long threshold = Math.round(0.7 * 0x1p32);
    int[] words = new int[4];
    for (int row = 0; row < indices.length; row++) {
      int tag = Philox.tag(Purpose.DROPOUT, 3, indices[row]);
      for (int unit = 0; unit < UNITS; unit++) {
        Philox.block(11, unit / 4, (int) indices[row], 5, tag, words, 0);
        boolean kept = Integer.toUnsignedLong(words[unit % 4]) < threshold;
        assertThat(mask[row * UNITS + unit]).isEqualTo(kept ? (float) (1 / 0.7) : 0f);
      }
    }
  }

  @Test
  void everyCoordinateChangesTheMask() {
    float[] mask = mask(0, 0.5, 1, 4, 10);
    assertThat(mask(0, 0.5, 1, 4, 10)).isEqualTo(mask);
    assertThat(mask(1, 0.5, 1, 4, 10)).isNotEqualTo(mask);
    assertThat(mask(0, 0.5, 2, 4, 10)).isNotEqualTo(mask);
    assertThat(mask(0, 0.5, 1, 5, 10)).isNotEqualTo(mask);
    assertThat(mask(0, 0.5, 1, 4, 11)).isNotEqualTo(mask);
    assertThat(mask(0, 0.5, 1, 4, 10 + (1L << 32))).isNotEqualTo(mask);
  }

  @Test
  void keepsTheAskedShareScaledByItsInverse() {
    long[] indices = new long[4000];
    Arrays.setAll(indices, i -> i);
    float[] mask = mask(2, 0.8, 3, 1, indices);
    int count = 0;
    for (float factor : mask) {
      assertThat(factor == 0f || factor == 1.25f).isTrue();
      count += factor > 0 ? 1 : 0;
    }
    double error = 5 * Math.sqrt(0.8 * 0.2 / mask.length);
    assertThat((double) count / mask.length).isBetween(0.8 - error, 0.8 + error);
  }

  @Test
  void keepingEverythingIsTheIdentity() {
    long[] indices = new long[4000];
    Arrays.setAll(indices, i -> i);
    assertThat(mask(0, 1.0, 1, 1, indices)).containsOnly(1f);
  }

  @Test
  void evaluationIsTheIdentity() {
    Network network = new Network(List.of(new LayerSpec.Dropout(0.1)), Shape.vector(4));
    Pass pass = new Pass(network.layout());
    pass.evaluate(new float[0], 2);
    float[] output = new float[8];
    float[] input = {1, -2, 3, Float.NaN, 5, 6, 7, 8};
    Layer layer = network.layers().get(0);
    layer.forward(pass, new LayerBuffers(layer.scratch(), 2), input, output);
    assertThat(output).isEqualTo(input);
  }
}
