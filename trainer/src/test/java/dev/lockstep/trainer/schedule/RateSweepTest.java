package dev.lockstep.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateSweepTest {
  private static double rate(RateSweep sweep, int step, int steps) {
    return sweep.rate(0.3, new Schedule.Position(step, steps, 0));
  }

  @Test
  void everyStepIsTheSameRatio() {
    RateSweep sweep = new RateSweep(1e-4, 10);
    double[] expected = {1e-4, 1e-3, 1e-2, 1e-1, 1, 10};
    for (int step = 1; step <= expected.length; step++) {
      assertThat(rate(sweep, step, expected.length))
          .isCloseTo(expected[step - 1], withinPercentage(1e-11));
    }
  }

  @ParameterizedTest
  @CsvSource({"1e-7, 10, 100", "3e-5, 0.7, 37", "1e-300, 1e300, 500", "0.1, 0.3, 2"})
  void itBeginsAndEndsExactly(double from, double to, int steps) {
    RateSweep sweep = new RateSweep(from, to);
    assertThat(rate(sweep, 1, steps)).isEqualTo(from);
    assertThat(rate(sweep, steps, steps)).isEqualTo(to);
    for (int step = 2; step <= steps; step++) {
      assertThat(rate(sweep, step, steps)).isGreaterThan(rate(sweep, step - 1, steps));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "-1, 1", "1, 1", "2, 1", "NaN, 1", "1, NaN", "1, Infinity"})
  void whatIsNoRangeIsRefused(double from, double to) {
    assertThatIllegalArgumentException().isThrownBy(() -> new RateSweep(from, to));
  }
}
