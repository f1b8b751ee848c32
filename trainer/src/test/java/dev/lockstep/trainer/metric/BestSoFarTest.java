package dev.lockstep.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class BestSoFarTest {
  private static final WatchedMetric LOSS = WatchedMetric.VALIDATION_LOSS;
  private static final WatchedMetric ACCURACY = WatchedMetric.parse("train.accuracy");

  @Test
  void errorsImproveDownwardsAndScoresUpwards() {
    BestSoFar lowest = new BestSoFar();
    assertThat(lowest.take(LOSS, 2, 0)).isTrue();
    assertThat(lowest.take(LOSS, 3, 0)).isFalse();
    assertThat(lowest.take(LOSS, 2, 0)).isFalse();
    assertThat(lowest.since()).isEqualTo(2);
    assertThat(lowest.take(LOSS, 1.9, 0)).isTrue();
    assertThat(lowest.best()).isEqualTo(1.9);
    assertThat(lowest.since()).isZero();

    BestSoFar highest = new BestSoFar(0.5, 3);
    assertThat(highest.take(ACCURACY, 0.4, 0)).isFalse();
    assertThat(highest.since()).isEqualTo(4);
    assertThat(highest.take(ACCURACY, 0.6, 0)).isTrue();
  }

  @Test
  void anImprovementMustExceedMinDelta() {
    BestSoFar lowest = new BestSoFar(1.0, 0);
    assertThat(lowest.take(LOSS, 0.75, 0.25)).isFalse();
    assertThat(lowest.take(LOSS, 0.5, 0.25)).isTrue();
    BestSoFar highest = new BestSoFar(0.5, 0);
    assertThat(highest.take(ACCURACY, 0.75, 0.25)).isFalse();
    assertThat(highest.take(ACCURACY, 0.875, 0.25)).isTrue();
  }

  @Test
  void notANumberIsNeverBest() {
    BestSoFar best = new BestSoFar();
    assertThat(best.take(LOSS, Double.NaN, 0)).isFalse();
    assertThat(best.take(LOSS, 5, 0)).isTrue();
    assertThat(best.take(LOSS, Double.NaN, 0)).isFalse();
    assertThat(best.best()).isEqualTo(5);
  }

  @Test
  void theCountCanStartAnew() {
    BestSoFar best = new BestSoFar(1, 7);
    best.restartCount();
    assertThat(best.since()).isZero();
    assertThat(best.best()).isEqualTo(1);
  }

  @Test
  void metricsReadBackAsTheyAreWritten() {
    for (String text : new String[] {"validation.loss", "train.accuracy", "validation.macroF1"}) {
      assertThat(WatchedMetric.parse(text)).hasToString(text);
    }
    assertThat(WatchedMetric.parse("validation.rmse").lowerIsBetter()).isTrue();
    assertThat(WatchedMetric.parse("validation.r2").lowerIsBetter()).isFalse();
    assertThatThrownBy(() -> WatchedMetric.parse("test.loss"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("validation.loss");
  }
}
