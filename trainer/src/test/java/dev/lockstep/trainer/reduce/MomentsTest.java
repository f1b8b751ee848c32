package dev.lockstep.trainer.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class MomentsTest {
  private static final int COLUMNS = 3;

  /** Moments of up to 40 rows around a mean between -1e8 and 1e8, sometimes of none. */
  @Provide
  Arbitrary<Moments> moments() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 40),
            Arbitraries.longs(),
            Arbitraries.of(0.0, 1.0, -1e4, 1e8))
        .as((rows, seed, center) -> twoPass(rows(seed, rows, center)));
  }

  private static double[][] rows(long seed, int rows, double center) {
    Random random = new Random(seed);
    double[][] values = new double[rows][COLUMNS];
    for (double[] row : values) {
      Arrays.setAll(row, j -> center + (j + 1) * random.nextGaussian());
    }
    return values;
  }

  /** Mean and squared deviations by two passes: the definition. */
  private static Moments twoPass(double[][] rows) {
    double[] mean = new double[COLUMNS];
    double[] squared = new double[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
      for (double[] row : rows) {
        mean[j] += row[j] / rows.length;
      }
      for (double[] row : rows) {
        squared[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
      }
    }
    return new Moments(rows.length, mean, squared);
  }

  private static Moments copy(Moments moments) {
    return new Moments(
        moments.count(), moments.mean().clone(), moments.squaredDeviations().clone());
  }

  private static Moments merged(Moments left, Moments right) {
    Moments sum = copy(left);
    sum.merge(right);
    return sum;
  }

  private static void assertSame(Moments actual, Moments expected, double tolerance) {
    assertThat(actual.count()).isEqualTo(expected.count());
    for (int j = 0; j < COLUMNS; j++) {
      double mean = expected.mean()[j];
      assertThat(actual.mean()[j])
          .isCloseTo(mean, within(tolerance * Math.max(1.0, Math.abs(mean))));
      // A mean that is off by δ moves M2 by n δ² at least, and by 2 δ Σ|x - mean| at most.
      double meanError = tolerance * Math.abs(mean);
      double squared = expected.squaredDeviations()[j];
      double allowed =
          tolerance * Math.max(1.0, squared)
              + 2 * meanError * Math.sqrt(squared * expected.count());
      assertThat(actual.squaredDeviations()[j]).isCloseTo(squared, within(allowed));
    }
  }

  private static void assertSameBits(Moments actual, Moments expected) {
    assertThat(actual.count()).isEqualTo(expected.count());
    assertThat(actual.mean()).isEqualTo(expected.mean());
    assertThat(actual.squaredDeviations()).isEqualTo(expected.squaredDeviations());
  }

  @Property(tries = 300)
  void mergingWithEmptyChangesNothing(@ForAll("moments") Moments moments) {
    assertSameBits(merged(moments, new Moments(COLUMNS)), moments);
    assertSameBits(merged(new Moments(COLUMNS), moments), moments);
  }

  @Property(tries = 300)
  void mergingIsCommutative(@ForAll("moments") Moments a, @ForAll("moments") Moments b) {
    assertSame(merged(a, b), merged(b, a), 1e-12);
  }

  @Property(tries = 300)
  void mergingIsAssociative(
      @ForAll("moments") Moments a, @ForAll("moments") Moments b, @ForAll("moments") Moments c) {
    assertSame(merged(merged(a, b), c), merged(a, merged(b, c)), 1e-12);
  }

  @Property(tries = 300)
  void mergingLeavesTheRightSideAlone(@ForAll("moments") Moments a, @ForAll("moments") Moments b) {
    Moments before = copy(b);
    Moments sum = merged(a, b);
    Arrays.fill(sum.mean(), -1.0);
    Arrays.fill(sum.squaredDeviations(), -1.0);
    assertSameBits(b, before);
  }

  @Property(tries = 300)
  void unevenShardsEqualTheirUnion(
      @ForAll long seed,
      @ForAll("centers") double center,
      @ForAll List<@IntRange(min = 0, max = 30) Integer> sizes) {
    int total = sizes.stream().mapToInt(Integer::intValue).sum();
    double[][] all = rows(seed, total, center);
    Moments sum = new Moments(COLUMNS);
    int start = 0;
    for (int size : sizes) {
      sum.merge(twoPass(Arrays.copyOfRange(all, start, start + size)));
      start += size;
    }
    assertSame(sum, twoPass(all), 1e-12);
  }

  @Provide
  Arbitrary<Double> centers() {
    return Arbitraries.of(0.0, 1.0, -1e4, 1e8);
  }

  @Property(tries = 300)
  void addingRowByRowEqualsTwoPasses(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 200) int count) {
    double[][] exact = rows(seed, count, 50.0);
    Moments welford = new Moments(COLUMNS);
    for (double[] row : exact) {
      float[] padded = new float[COLUMNS + 2];
      for (int j = 0; j < COLUMNS; j++) {
        padded[j + 1] = (float) row[j];
        row[j] = padded[j + 1];
      }
      welford.add(padded, 1);
    }
    assertSame(welford, twoPass(exact), 1e-12);
  }

  /** The textbook's Σx² - n·mean² would lose every digit here. */
  @Example
  void variancesOfHugeMeansKeepTheirDigits() {
    Moments sum = new Moments(1);
    for (int i = 0; i < 1000; i++) {
      sum.merge(new Moments(2, new double[] {1e8 + (i % 2)}, new double[] {0.5}));
    }
    assertThat(sum.mean()[0]).isEqualTo(1e8 + 0.5);
    // 1000 pairs with M2 0.5 each, and 1000 pair means of weight 2 that lie 0.5 off: 500 + 2000 ·
    // 0.25.
    assertThat(sum.squaredDeviations()[0]).isCloseTo(1000.0, within(1e-5));
  }

  /** 2, 4, 4, 4, 5, 5, 7, 9: mean 5, M2 32, variances 4 and 32/7. */
  @Example
  void variancesWorkedByHand() {
    Moments moments = new Moments(1);
    for (float x : new float[] {2, 4, 4, 4, 5, 5, 7, 9}) {
      moments.add(new float[] {x}, 0);
    }
    assertThat(moments.mean()[0]).isCloseTo(5.0, within(1e-15));
    assertThat(moments.biasedVariance(0)).isCloseTo(4.0, within(1e-15));
    assertThat(moments.unbiasedVariance(0)).isCloseTo(32.0 / 7.0, within(1e-15));
  }

  @Example
  void variancesOfTooFewValues() {
    Moments moments = new Moments(1);
    assertThat(moments.biasedVariance(0)).isZero();
    assertThat(moments.unbiasedVariance(0)).isNaN();
    moments.add(new float[] {3}, 0);
    assertThat(moments.biasedVariance(0)).isZero();
    assertThat(moments.unbiasedVariance(0)).isNaN();
  }

  @Example
  void clearedMomentsAreEmpty() {
    Moments moments = new Moments(2, new double[] {1, 2}, new double[] {3, 4});
    moments.clear();
    assertThat(moments.count()).isZero();
    assertThat(moments.mean()).containsOnly(0.0);
    assertThat(moments.squaredDeviations()).containsOnly(0.0);
  }

  @Example
  void momentsOfOtherWidthsAreRefused() {
    assertThatThrownBy(() -> new Moments(2).merge(new Moments(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 columns");
    assertThatThrownBy(() -> new Moments(1, new double[1], new double[2]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Moments(-1, new double[1], new double[1]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
