package dev.lockstep.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.schedule.Schedule.Position;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ten steps, two an epoch, from a rate of 1. The expected rates are worked out by hand from the
 * formulas' definitions.
 */
class ScheduleTest {
  private static final int TOTAL_STEPS = 10;
  private static final int STEPS_PER_EPOCH = 2;
  private static final int STEPS_PER_REDUCTION = 4;

  static Stream<Arguments> firstTenRates() {
    return Stream.of(
        Arguments.of(new Schedule.Constant(), new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}),
        // 1/(1 + e/2)
        Arguments.of(
            new Schedule.InverseTime(0.5, 0),
            new double[] {1, 1, 2 / 3.0, 2 / 3.0, 0.5, 0.5, 0.4, 0.4, 1 / 3.0, 1 / 3.0}),
        Arguments.of(
            new Schedule.Exponential(0.5, 0),
            new double[] {1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625}),
        // 2/sqrt(1), 2/sqrt(2), 2/sqrt(3), 2/sqrt(4), 2/sqrt(5)
        Arguments.of(
            new Schedule.InverseSqrt(2, 0),
            new double[] {
              2,
              2,
              1.4142135623730951,
              1.4142135623730951,
              1.1547005383792517,
              1.1547005383792517,
              1,
              1,
              0.8944271909999159,
              0.8944271909999159
            }),
        // drops after epochs 2 and 4
        Arguments.of(
            new Schedule.Step(2, 0.1, 0),
            new double[] {1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01}),
        // (1 + cos(k 18 degrees))/2
        Arguments.of(
            new Schedule.Cosine(0, 0),
            new double[] {
              1,
              0.9755282581475768,
              0.9045084971874737,
              0.7938926261462366,
              0.6545084971874737,
              0.5,
              0.3454915028125263,
              0.2061073738537635,
              0.0954915028125263,
              0.0244717418524232
            }),
        Arguments.of(
            new Schedule.Linear(0.2, 0),
            new double[] {1, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52, 0.44, 0.36, 0.28}),
        // plateaus met after steps 4 and 8
        Arguments.of(
            new Schedule.Plateau(WatchedMetric.VALIDATION_LOSS, 0.5, 2, 0),
            new double[] {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25}));
  }

  @ParameterizedTest
  @MethodSource("firstTenRates")
  void followsItsFormula(Schedule schedule, double[] expected) {
    for (int step = 1; step <= TOTAL_STEPS; step++) {
      assertThat(schedule.rate(1.0, at(step)))
          .as("step %d", step)
          .isCloseTo(expected[step - 1], within(1e-14));
      assertThat(schedule.rate(0.3, at(step)))
          .as("step %d from 0.3", step)
          .isCloseTo(0.3 * expected[step - 1], within(1e-14));
    }
  }

  @Test
  void everyScheduleIsCovered() {
    Set<Class<?>> covered = new HashSet<>();
    firstTenRates().forEach(arguments -> covered.add(arguments.get()[0].getClass()));
    assertThat(covered).isEqualTo(Set.of(Schedule.class.getPermittedSubclasses()));
  }

  /** Every schedule, with a warm-up of four steps. */
  static Stream<Arguments> warmed() {
    return Stream.of(
        Arguments.of(new Schedule.Constant(4), new Schedule.Constant()),
        Arguments.of(new Schedule.InverseTime(0.5, 4), new Schedule.InverseTime(0.5, 0)),
        Arguments.of(new Schedule.Exponential(0.5, 4), new Schedule.Exponential(0.5, 0)),
        Arguments.of(new Schedule.InverseSqrt(2, 4), new Schedule.InverseSqrt(2, 0)),
        Arguments.of(new Schedule.Step(1, 0.1, 4), new Schedule.Step(1, 0.1, 0)),
        Arguments.of(new Schedule.Cosine(0.1, 4), new Schedule.Cosine(0.1, 0)),
        Arguments.of(new Schedule.Linear(0, 4), new Schedule.Linear(0, 0)),
        Arguments.of(
            new Schedule.Plateau(WatchedMetric.VALIDATION_LOSS, 0.5, 2, 4),
            new Schedule.Plateau(WatchedMetric.VALIDATION_LOSS, 0.5, 2, 0)));
  }

  @ParameterizedTest
  @MethodSource("warmed")
  void warmUpMultipliesTheFirstStepsByTheirShare(Schedule warmed, Schedule cold) {
    double[] shares = {0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1};
    for (int step = 1; step <= TOTAL_STEPS; step++) {
      assertThat(warmed.rate(1.0, at(step)))
          .as("step %d", step)
          .isCloseTo(shares[step - 1] * cold.rate(1.0, at(step)), within(1e-15));
    }
  }

  @Test
  void everyScheduleIsWarmed() {
    Set<Class<?>> covered = new HashSet<>();
    warmed().forEach(arguments -> covered.add(arguments.get()[0].getClass()));
    assertThat(covered).isEqualTo(Set.of(Schedule.class.getPermittedSubclasses()));
  }

  private static Position at(int step) {
    return new Position(
        step, TOTAL_STEPS, (step - 1) / STEPS_PER_EPOCH, (step - 1) / STEPS_PER_REDUCTION);
  }
}
