package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AxisTest {
  private static List<String> labels(Axis axis) {
    return axis.ticks(4).stream().map(Axis.Tick::label).toList();
  }

  @Test
  void ticksAreRound() {
    assertThat(labels(Axis.around(0.11, 0.93))).containsExactly("0", "0.5", "1.0");
    assertThat(labels(Axis.around(92.5, 99.1))).containsExactly("92", "94", "96", "98", "100");
    assertThat(labels(Axis.around(-3, 4))).containsExactly("-4", "-2", "0", "2", "4");
    assertThat(labels(Axis.around(0, 8e-6))).containsExactly("0", "2e-6", "4e-6", "6e-6", "8e-6");
    assertThat(labels(Axis.exact(0, 1_000_000))).containsExactly("0", "500k", "1M");
  }

  @Test
  void farApartPositiveValuesAreLogarithmic() {
    assertThat(Axis.around(0.02, 3).logarithmic()).isTrue();
    assertThat(labels(Axis.around(0.02, 3)))
        .containsExactly("0.02", "0.05", "0.1", "0.2", "0.5", "1", "2");
    assertThat(labels(Axis.around(1e-6, 1e9))).containsExactly("0.0001", "1", "10k", "100M");
    assertThat(Axis.around(0, 3).logarithmic()).isFalse();
  }

  @Test
  void wholeTicksAreWhole() {
    assertThat(Axis.exact(1, 3).wholeTicks(6).stream().map(Axis.Tick::label))
        .containsExactly("1", "2", "3");
    assertThat(Axis.exact(1, 1).wholeTicks(6).stream().map(Axis.Tick::label)).containsExactly("1");
  }

  @Test
  void degenerateRangesStillHaveAnAxis() {
    assertThat(Axis.around(Double.NaN, Double.NaN)).isEqualTo(new Axis(0, 1, false));
    assertThat(Axis.around(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY).max()).isEqualTo(1);
    for (double value : new double[] {0, 1, -5, 1e-300, -1e300}) {
      Axis axis = Axis.around(value, value);
      assertThat(axis.position(value)).isBetween(0.0, 1.0);
      assertThat(axis.ticks(4)).isNotEmpty();
    }
    double least = Double.MIN_VALUE;
    double most = Double.MAX_VALUE;
    assertThat(Axis.around(least, most).ticks(4)).hasSizeBetween(2, 8);
    assertThat(Axis.around(1e-299, most).ticks(4)).hasSizeBetween(2, 8);
    assertThat(Axis.around(-most, most).ticks(4)).hasSizeBetween(2, 8);
    assertThat(Axis.around(1, Math.nextUp(1.0)).ticks(4)).hasSizeBetween(2, 8);
  }

  @Test
  void valuesBeyondTheEndsAreAtTheEnds() {
    Axis axis = new Axis(1, 100, true);
    assertThat(axis.position(10)).isCloseTo(0.5, within(1e-12));
    assertThat(axis.position(0)).isZero();
    assertThat(axis.position(-1)).isZero();
    assertThat(axis.position(1e9)).isEqualTo(1);
  }

  /** Where neighboring doubles are further apart than ticks, there would be one for each long. */
  @Test
  void axesFarOutHaveFewTicks() {
    for (double far : new double[] {1L << 53, Long.MAX_VALUE, -1e300}) {
      assertThat(Axis.exact(far, far).wholeTicks(5)).hasSizeLessThanOrEqualTo(101);
      assertThat(Axis.exact(far, Math.nextUp(far)).ticks(5)).hasSizeLessThanOrEqualTo(101);
      assertThat(Axis.around(far, far).ticks(5)).hasSizeLessThanOrEqualTo(101);
    }
  }
}
