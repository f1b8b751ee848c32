package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.report.PhaseTimes.Phase;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class PhaseTimesTest {
  private static final Offset<Double> ROUNDING = Offset.offset(1e-12);

  @Test
  void mediansLeaveTheFirstStepsOutAndMeansDoNot() {
    PhaseTimes times = new PhaseTimes();
    for (int step = 0; step < 20; step++) {
      times.add(new StepTimes(10, 0, 0, 0, 10));
    }
    for (int step = 0; step < 2000; step++) {
      times.add(new StepTimes(0.006, 0.002, 0.001, 0.0005, 0.01));
    }
    assertThat(times.steps()).isEqualTo(2020);
    assertThat(times.percentile(Phase.AGGREGATE, 0.5)).isEqualTo(0.002);
    assertThat(times.percentile(0.999)).isEqualTo(0.01);
    assertThat(times.mean(Phase.COMPUTE)).isCloseTo((200 + 12) / 2020.0, ROUNDING);
    assertThat(times)
        .hasToString(
            "a usual step took 10.0 ms (compute 6.00, aggregate 2.00, update 1.00, broadcast 0.500);"
                + " 40% is not compute");
  }

  @Test
  void fewStepsAllCount() {
    PhaseTimes times = new PhaseTimes();
    times.add(new StepTimes(3, 0, 0, 0, 3));
    times.add(new StepTimes(1, 0, 0, 0, 1));
    times.add(new StepTimes(2, 0, 0, 0, 2));
    assertThat(times.percentile(0.5)).isEqualTo(3);
    times.add(new StepTimes(2, 0, 0, 0, 2));
    assertThat(times.percentile(0.5)).isEqualTo(2);
    assertThat(times.percentile(0.95)).isEqualTo(3);
  }

  @Test
  void theUsualStepIsTheMeanOfTheMiddleHalfAndItsPartsAddUp() {
    PhaseTimes times = new PhaseTimes();
    times.add(new StepTimes(50, 0, 0, 0, 50));
    times.add(new StepTimes(4, 1, 0, 0, 5));
    times.add(new StepTimes(1, 4, 1, 0, 6));
    times.add(new StepTimes(1, 1, 4, 1, 7));
    times.add(new StepTimes(1, 0, 0, 0, 1));
    assertThat(times.usual()).isEqualTo(new StepTimes(2, 2, 5.0 / 3, 1.0 / 3, 6));
  }

  @Test
  void sharesAreThoseOfTheWhole() {
    StepShares shares = StepShares.of(new StepTimes(0.75, 0.125, 0.0625, 0, 1));
    assertThat(shares).isEqualTo(new StepShares(0.75, 0.125, 0.0625, 0));
    assertThat(shares.notCompute()).isEqualTo(0.25);
    assertThat(StepShares.of(new PhaseTimes().usual())).isNull();
  }

  @Test
  void timesThatAreNoNumbersCountAsNone() {
    PhaseTimes times = new PhaseTimes();
    double none = Double.NaN;
    times.add(new StepTimes(none, none, none, none, none));
    assertThat(times.usual()).isEqualTo(new StepTimes(0, 0, 0, 0, 0));
    assertThat(times).hasToString("no step was measured");
  }
}
