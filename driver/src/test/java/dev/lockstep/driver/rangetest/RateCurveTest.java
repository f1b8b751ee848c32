package dev.lockstep.driver.rangetest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RateCurveTest {
  @Test
  void theSmoothedLossIsBiasCorrected() {
    RateCurve curve = new RateCurve(10);
    curve.add(0.1, 3);
    curve.add(0.2, 1);
    List<RateCurve.Point> points = curve.points();
    assertThat(points.get(0)).isEqualTo(new RateCurve.Point(1, 0.1, 3, 3, 0.1));
    // (0.98 · 0.02 · 3 + 0.02 · 1) / (1 - 0.98²)
    assertThat(points.get(1).smoothedLoss()).isCloseTo(0.0788 / 0.0396, within(1e-12));
  }

  @Test
  void onAStraightLineTheSmoothedPairLiesOnTheLine() {
    RateCurve curve = Curves.of(300, log -> 5 - 0.5 * log);
    assertThat(curve.points())
        .hasSize(300)
        .allSatisfy(
            point ->
                assertThat(point.smoothedLoss())
                    .isCloseTo(5 - 0.5 * Math.log10(point.smoothedRate()), within(1e-9)));
    assertThat(curve.smoothedLossAt(1e-2)).isCloseTo(6, within(1e-9));
    assertThat(curve.smoothedLossAt(1e-6)).isCloseTo(8, within(1e-9));
    assertThat(curve.smoothedLossAt(10)).isNaN();
    assertThat(curve.smoothedLossAt(1e-7)).isNaN();
  }

  @Test
  void fourTimesTheLowestIsDivergence() {
    RateCurve curve = Curves.of(500, Curves::vee);
    List<RateCurve.Point> points = curve.points();
    double lowest = Double.POSITIVE_INFINITY;
    for (RateCurve.Point point : points) {
      lowest = Math.min(lowest, point.smoothedLoss());
    }
    assertThat(curve.hasDiverged()).isTrue();
    assertThat(points).hasSizeLessThan(500);
    assertThat(points.get(points.size() - 1).smoothedLoss()).isGreaterThan(4 * lowest);
    assertThat(points.get(points.size() - 2).smoothedLoss()).isLessThanOrEqualTo(4 * lowest);
  }

  @Test
  void aLuckyFirstMiniBatchIsNoMeasure() {
    RateCurve curve = Curves.of(100, log -> log == -6 ? 1e-3 : 2);
    assertThat(curve.hasDiverged()).isFalse();
    assertThat(curve.points()).hasSize(100);
  }

  @Test
  void aLossThatIsNotFiniteEndsTheCurve() {
    for (double end : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      RateCurve curve = Curves.of(100, log -> log < -2 ? 2 : end);
      assertThat(curve.hasDiverged()).isTrue();
      assertThat(curve.points()).hasSize(57).allMatch(point -> point.smoothedLoss() < 3);
    }
  }
}
