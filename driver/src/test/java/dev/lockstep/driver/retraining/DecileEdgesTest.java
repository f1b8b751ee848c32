package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bins of about equal size, whose edges part no equal values. */
final class DecileEdgesTest {
  private static double[] values(int zeros, int others) {
    return IntStream.range(0, zeros + others)
        .mapToDouble(i -> i < zeros ? 0.0 : i - zeros + 1)
        .toArray();
  }

  private static int[] counts(double[] sorted, double[] edges) {
    int[] counts = new int[edges.length + 1];
    for (double value : sorted) {
      int bin = 0;
      while (bin < edges.length && value > edges[bin]) {
        bin++;
      }
      counts[bin]++;
    }
    return counts;
  }

  @Test
  void differentValuesAreDividedIntoTenths() {
    double[] sorted = IntStream.rangeClosed(1, 1000).mapToDouble(i -> i).toArray();
    assertThat(DecileEdges.of(sorted))
        .containsExactly(100.5, 200.5, 300.5, 400.5, 500.5, 600.5, 700.5, 800.5, 900.5);
  }

  @Test
  void aFrequentValueHasABinOfItsOwnAndTheRestIsDividedAnew() {
    double[] sorted = values(9500, 450);
    int[] counts = counts(sorted, DecileEdges.of(sorted));
    assertThat(counts).hasSize(10).startsWith(9500);
    assertThat(Arrays.copyOfRange(counts, 1, 10)).containsOnly(50);
  }

  @Test
  void aFrequentValueInTheMiddleStandsAlone() {
    double[] sorted =
        IntStream.range(0, 1000).mapToDouble(i -> i < 50 ? i : i < 950 ? 100 : i).toArray();
    assertThat(counts(sorted, DecileEdges.of(sorted))).contains(900);
  }

  @Test
  void twoValuesGiveTwoBins() {
    assertThat(DecileEdges.of(new double[] {0, 0, 0, 1, 1, 1, 1, 1, 1, 1})).containsExactly(0.5);
    assertThat(DecileEdges.of(new double[] {0, 1})).containsExactly(0.5);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.0, 7.0, -3.5e20, 1e-30})
  void aConstantIsBetweenTwoEdges(double constant) {
    double[] edges = DecileEdges.of(new double[] {constant, constant});
    assertThat(edges).hasSize(2);
    assertThat(edges[0]).isLessThan(constant);
    assertThat(edges[1]).isGreaterThan(constant);
    assertThat(DecileEdges.of(new double[] {constant})).isEqualTo(edges);
  }

  @Test
  void edgesAscendAndBinsAreNeverEmpty() {
    Random random = new Random(1);
    for (int round = 0; round < 2000; round++) {
      int different = 2 + random.nextInt(30);
      double[] sorted =
          random
              .doubles(2 + random.nextInt(60))
              .map(x -> Math.floor(x * x * different))
              .sorted()
              .toArray();
      double[] edges = DecileEdges.of(sorted);
      assertThat(edges.length).isBetween(1, DecileEdges.BINS - 1);
      assertThat(edges).isSorted().doesNotHaveDuplicates();
      if (sorted[0] != sorted[sorted.length - 1]) {
        assertThat(counts(sorted, edges)).doesNotContain(0);
      }
    }
  }
}
