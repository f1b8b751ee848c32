package dev.lockstep.datasets.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.lockstep.trainer.random.Purpose;
import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class KeyedPermutationTest {
  @Property(tries = 200)
  void everyElementIsMetOnce(
      @ForAll @IntRange(min = 1, max = 5000) int size, @ForAll long seed, @ForAll long tweak) {
    KeyedPermutation permutation = new KeyedPermutation(size, seed, Purpose.SHUFFLE, tweak);
    boolean[] met = new boolean[size];
    for (int position = 0; position < size; position++) {
      int element = (int) permutation.apply(position);
      assertThat(met[element]).isFalse();
      met[element] = true;
      assertThat(permutation.invert(element)).isEqualTo(position);
    }
  }

  @Property(tries = 500)
  void inverseUndoesApplyOnHugeDomains(
      @ForAll @LongRange(min = 1L << 32, max = 1L << 62) long size,
      @ForAll long seed,
      @ForAll long any) {
    KeyedPermutation permutation = new KeyedPermutation(size, seed, Purpose.SPLIT, 0);
    long position = Math.floorMod(any, size);
    long element = permutation.apply(position);
    assertThat(element).isBetween(0L, size - 1);
    assertThat(permutation.invert(element)).isEqualTo(position);
  }

  @Example
  void powersOfTwoAndTheirNeighboursWork() {
    for (long size :
        new long[] {
          1,
          2,
          3,
          4,
          5,
          7,
          8,
          9,
          65535,
          65536,
          65537,
          (1L << 40) - 1,
          1L << 40,
          (1L << 40) + 1,
          1L << 62
        }) {
      KeyedPermutation permutation = new KeyedPermutation(size, 7, Purpose.SHUFFLE, 1);
      for (long position : new long[] {0, size / 2, size - 1}) {
        assertThat(permutation.invert(permutation.apply(position))).isEqualTo(position);
        assertThat(permutation.apply(permutation.invert(position))).isEqualTo(position);
      }
    }
  }

  @Example
  void everyOrderOfFewElementsIsEquallyLikely() {
    for (int size : new int[] {2, 3, 4, 5}) {
      int orders = 1;
      for (int k = 2; k <= size; k++) {
        orders *= k;
      }
      int draws = 200 * orders;
      int[] counts = new int[(int) Math.pow(size, size)];
      for (int seed = 0; seed < draws; seed++) {
        KeyedPermutation permutation = new KeyedPermutation(size, seed, Purpose.SHUFFLE, 1);
        int code = 0;
        for (int position = 0; position < size; position++) {
          code = code * size + (int) permutation.apply(position);
        }
        counts[code]++;
      }
      double chiSquare = 0;
      int seen = 0;
      for (int count : counts) {
        if (count > 0) {
          seen++;
          chiSquare += Math.pow(count - 200.0, 2) / 200.0;
        }
      }
      assertThat(seen).as("orders of %d elements", size).isEqualTo(orders);
      assertThat(chiSquare).as("chi-square for %d elements", size).isLessThan(limit(orders - 1));
    }
  }

  @Example
  void everyElementIsEquallyLikelyAtEveryPosition() {
    for (int size : new int[] {10, 16, 100, 1000}) {
      int draws = 40 * size;
      for (int position : new int[] {0, 1, size / 2, size - 1}) {
        int[] counts = new int[size];
        for (int epoch = 1; epoch <= draws; epoch++) {
          counts[(int) new KeyedPermutation(size, 42, Purpose.SHUFFLE, epoch).apply(position)]++;
        }
        assertThat(chiSquare(counts, 40))
            .as("size %d, position %d", size, position)
            .isLessThan(limit(size - 1));
      }
    }
  }

  @Example
  void neighboursAreUnrelated() {
    int size = 64;
    int[] differences = new int[size];
    for (int epoch = 1; epoch <= 40 * size; epoch++) {
      KeyedPermutation permutation = new KeyedPermutation(size, 3, Purpose.SHUFFLE, epoch);
      differences[
          (int) Math.floorMod(permutation.apply(11) - permutation.apply(10), (long) size)]++;
    }
    assertThat(differences[0]).isZero();
    assertThat(chiSquare(Arrays.copyOfRange(differences, 1, size), 40.0 * size / (size - 1)))
        .isLessThan(limit(size - 2));
  }

  @Example
  void halvesOfALargeDomainMixEvenly() {
    int size = 1_000_000;
    KeyedPermutation permutation = new KeyedPermutation(size, 1, Purpose.SHUFFLE, 1);
    int[] counts = new int[100];
    for (int position = 0; position < 100_000; position++) {
      counts[(int) (permutation.apply(position) / 10_000)]++;
    }
    assertThat(chiSquare(counts, 1000)).isLessThan(limit(99));
  }

  @Example
  void eachPartOfTheKeyMatters() {
    long reference = fingerprint(new KeyedPermutation(1000, 1, Purpose.SHUFFLE, 1));
    assertThat(fingerprint(new KeyedPermutation(1000, 1, Purpose.SHUFFLE, 1))).isEqualTo(reference);
    assertThat(fingerprint(new KeyedPermutation(1000, 2, Purpose.SHUFFLE, 1)))
        .isNotEqualTo(reference);
    assertThat(fingerprint(new KeyedPermutation(1000, 1, Purpose.SPLIT, 1)))
        .isNotEqualTo(reference);
    assertThat(fingerprint(new KeyedPermutation(1000, 1, Purpose.SHUFFLE, 2)))
        .isNotEqualTo(reference);
    assertThat(fingerprint(new KeyedPermutation(1000, 1, Purpose.SHUFFLE, 1 + (1L << 32))))
        .isNotEqualTo(reference);
  }

  @Example
  void theNumbersOfThisReleaseStay() {
    KeyedPermutation small = new KeyedPermutation(10, 42, Purpose.SHUFFLE, 1);
    KeyedPermutation large = new KeyedPermutation(1L << 40, 42, Purpose.SPLIT, 0);
    long[] elements = new long[10];
    for (int position = 0; position < elements.length; position++) {
      elements[position] = small.apply(position);
    }
    assertThat(elements).containsExactly(GOLDEN);
    assertThat(large.apply(123_456_789L)).isEqualTo(GOLDEN_LARGE);
  }

  private static final long[] GOLDEN = {1, 3, 4, 0, 7, 5, 8, 6, 2, 9};
  private static final long GOLDEN_LARGE = 270_156_987_953L;

  @Example
  void impossibleArgumentsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KeyedPermutation(0, 1, Purpose.SHUFFLE, 1))
        .withMessageContaining("1 to 2^62 elements, not 0");
    KeyedPermutation permutation = new KeyedPermutation(10, 1, Purpose.SHUFFLE, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permutation.apply(10))
        .withMessageContaining("10 is outside 0..9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permutation.invert(-1))
        .withMessageContaining("-1 is outside 0..9");
  }

  private static double chiSquare(int[] counts, double expected) {
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  }

  /**
   * A value that chi-square with so many degrees of freedom exceeds once in about ten thousand
   * (Wilson and Hilferty's approximation).
   */
  private static double limit(int degrees) {
    double cube = 1 - 2.0 / (9 * degrees) + 3.72 * Math.sqrt(2.0 / (9 * degrees));
    return degrees * cube * cube * cube;
  }

  private static long fingerprint(KeyedPermutation permutation) {
    long sum = 0;
    for (long position = 0; position < 100; position++) {
      sum = sum * 31 + permutation.apply(position);
    }
    return sum;
  }
}
