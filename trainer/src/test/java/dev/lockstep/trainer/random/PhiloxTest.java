package dev.lockstep.trainer.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class PhiloxTest {
  private static final long SEED = 20_260_101;
  private static final int SAMPLES = 200_000;

  private static int[] block(int k0, int k1, int c0, int c1, int c2, int c3) {
    int[] words = new int[Philox.DRAWS_PER_BLOCK];
    Philox.block(((long) k1 << 32) | (k0 & 0xFFFFFFFFL), c0, c1, c2, c3, words, 0);
    return words;
  }

  /** The three vectors of philox4x32-10 in the file kat_vectors of Random123 1.14. */
  @Test
  void knownAnswersOfRandom123() {
    assertThat(block(0, 0, 0, 0, 0, 0))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(block(-1, -1, -1, -1, -1, -1))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(block(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void blockWritesFourWordsAtItsOffsetOnly() {
    int[] words = {1, 2, 3, 4, 5, 6};
    Philox.block(0, 0, 0, 0, 0, words, 1);
    assertThat(words).containsExactly(1, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 6);
  }

  /** Of every length around what vector instructions take at once. */
  @Test
  void manyBlocksAtOnceAreTheSameAsOneByOne() {
    Random random = new Random(3);
    for (int round = 0; round < 500; round++) {
      int count = round % 70;
      long seed = random.nextLong();
      int[][] counters = new int[count + 1][];
      long[][] words = new long[Philox.WORDS][count + 1];
      for (int i = 0; i <= count; i++) {
        counters[i] = random.ints(Philox.WORDS).toArray();
        for (int word = 0; word < Philox.WORDS; word++) {
          words[word][i] = Integer.toUnsignedLong(counters[i][word]);
        }
      }
      Philox.blocks(seed, words[0], words[1], words[2], words[3], count);
      for (int i = 0; i <= count; i++) {
        int[] c = counters[i];
        int[] expected = c.clone();
        if (i < count) {
          Philox.block(seed, c[0], c[1], c[2], c[3], expected, 0);
        }
        for (int word = 0; word < Philox.WORDS; word++) {
          assertThat(words[word][i]).isEqualTo(Integer.toUnsignedLong(expected[word]));
        }
      }
    }
  }

  @Test
  void counterHoldsTheDocumentedCoordinates() {
    long example = 0x7ABC_1234_5678L;
    int[] words =
        block((int) SEED, (int) (SEED >>> 32), 5, 0x1234_5678, 77, (2 << 28) | (9 << 16) | 0x7ABC);
    assertThat(Philox.bits(SEED, Purpose.DROPOUT, 77, 9, example, 5))
        .isEqualTo(((long) words[0] << 32) | (words[1] & 0xFFFFFFFFL));
  }

  @Test
  void everyCoordinateChangesTheNumber() {
    Set<Long> seen = new HashSet<>();
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 1, 1, 1, 1));
    seen.add(Philox.bits(2, Purpose.SHUFFLE, 1, 1, 1, 1));
    seen.add(Philox.bits(1L << 32, Purpose.SHUFFLE, 1, 1, 1, 1));
    seen.add(Philox.bits(1, Purpose.SPLIT, 1, 1, 1, 1));
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 2, 1, 1, 1));
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 1, 2, 1, 1));
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 1, 1, 2, 1));
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 1, 1, 1 + (1L << 32), 1));
    seen.add(Philox.bits(1, Purpose.SHUFFLE, 1, 1, 1, 2));
    assertThat(seen).hasSize(9);
  }

  @Test
  void purposeCodesFitFourBitsAndDiffer() {
    assertThat(Arrays.stream(Purpose.values()).map(Purpose::code))
        .doesNotHaveDuplicates()
        .allMatch(c -> c >= 0 && c < 16);
  }

  @Test
  void coordinatesThatDoNotFitTheCounterAreRefused() {
    assertThat(Philox.tag(Purpose.DROPOUT, Philox.MAX_LAYER, (1L << 48) - 1))
        .isEqualTo(0x2FFF_FFFF);
    assertThatThrownBy(() -> Philox.tag(Purpose.DROPOUT, Philox.MAX_LAYER + 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Philox.tag(Purpose.DROPOUT, -1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Philox.tag(Purpose.DROPOUT, 0, 1L << 48))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Philox.tag(Purpose.DROPOUT, 0, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Mean of SAMPLES values of x^power. */
  private static double moment(IntToDoubleFunction x, int power) {
    double sum = 0.0;
    for (int i = 0; i < SAMPLES; i++) {
      sum += Math.pow(x.applyAsDouble(i), power);
    }
    return sum / SAMPLES;
  }

  /**
   * Whatever coordinate counts up, the numbers are uniform: mean 1/2, second moment 1/3, within
   * five standard errors.
   */
  @Test
  void uniformNumbersHaveTheMomentsOfTheUniformLaw() {
    for (IntToDoubleFunction x : uniformStreams()) {
      assertThat(moment(x, 1))
          .isBetween(0.5 - 5 * 0.2887 / Math.sqrt(SAMPLES), 0.5 + 5 * 0.2887 / Math.sqrt(SAMPLES));
      assertThat(moment(x, 2))
          .isBetween(
              1 / 3.0 - 5 * 0.2981 / Math.sqrt(SAMPLES), 1 / 3.0 + 5 * 0.2981 / Math.sqrt(SAMPLES));
    }
  }

  private static IntToDoubleFunction[] uniformStreams() {
    return new IntToDoubleFunction[] {
      i -> Philox.uniform(SEED, Purpose.SPLIT, 0, 0, 0, i),
      i -> Philox.uniform(SEED, Purpose.SPLIT, 0, 0, i, 0),
      i -> Philox.uniform(SEED, Purpose.SPLIT, i, 0, 0, 0),
      i -> Philox.uniform(i, Purpose.SPLIT, 0, 0, 0, 0),
    };
  }

  /** Neighbours in every coordinate are uncorrelated: |r| below five standard errors. */
  @Test
  void neighboursInEveryCoordinateAreUncorrelated() {
    for (IntToDoubleFunction x : uniformStreams()) {
      double product = 0.0;
      for (int i = 0; i < SAMPLES; i++) {
        product += (x.applyAsDouble(i) - 0.5) * (x.applyAsDouble(i + 1) - 0.5);
      }
      assertThat(Math.abs(product / SAMPLES * 12)).isLessThan(5 / Math.sqrt(SAMPLES));
    }
  }

  /**
   * Mean 0, variance 1, skewness 0, kurtosis 3, within five standard errors (1, √2, √15, √96 over
   * √n).
   */
  @Test
  void gaussianNumbersHaveTheMomentsOfTheNormalLaw() {
    IntToDoubleFunction x = i -> Philox.gaussian(SEED, Purpose.INITIALIZATION, 0, 3, 0, i);
    double error = 5 / Math.sqrt(SAMPLES);
    assertThat(Math.abs(moment(x, 1))).isLessThan(error);
    assertThat(Math.abs(moment(x, 2) - 1)).isLessThan(error * Math.sqrt(2));
    assertThat(Math.abs(moment(x, 3))).isLessThan(error * Math.sqrt(15));
    assertThat(Math.abs(moment(x, 4) - 3)).isLessThan(error * Math.sqrt(96));
  }
}
