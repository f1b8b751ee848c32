package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

final class PlateauWatchTest {
  private static List<String> messages(
      int stepsPerEpoch, long steps, LongToDoubleFunction loss, LongToDoubleFunction norm) {
    PlateauWatch watch = new PlateauWatch(stepsPerEpoch);
    List<String> messages = new ArrayList<>();
    for (long step = 1; step <= steps; step++) {
      watch
          .step(
              new StepRecord(
                  step,
                  1,
                  loss.applyAsDouble(step),
                  0,
                  0.1,
                  1,
                  norm.applyAsDouble(step),
                  new StepTimes(0, 0, 0, 0, 0)))
          .ifPresent(messages::add);
    }
    return messages;
  }

  @Test
  void aFlatStretchIsReportedOnce() {
    List<String> messages = messages(10, 3000, step -> 2.3, step -> 0.1);
    assertThat(messages).hasSize(1);
    assertThat(messages.get(0)).startsWith("Plateau: between steps 500 and 1000").contains("2.30");
  }

  @Test
  void aFallingLossIsNoPlateau() {
    assertThat(messages(10, 3000, step -> 1.0 / step, step -> 0.1)).isEmpty();
    assertThat(messages(10, 3000, step -> 2 * Math.exp(-step / 20_000.0), step -> 0.1)).isEmpty();
  }

  @Test
  void aChangingGradientIsNoPlateau() {
    assertThat(messages(10, 3000, step -> 2.3, step -> Math.exp(-step / 2000.0))).isEmpty();
  }

  @Test
  void aSecondPlateauIsReportedAgain() {
    assertThat(messages(10, 5000, step -> step < 2200 ? 2.3 : 1.2, step -> 0.1)).hasSize(2);
  }

  @Test
  void longEpochsMakeALongWindow() {
    assertThat(messages(1000, 9999, step -> 2.3, step -> 0.1)).isEmpty();
    assertThat(messages(1000, 10_000, step -> 2.3, step -> 0.1)).hasSize(1);
  }

  @Test
  void aLossThatIsNotFiniteIsNoPlateau() {
    assertThat(messages(10, 3000, step -> Double.NaN, step -> 0.1)).isEmpty();
  }
}
