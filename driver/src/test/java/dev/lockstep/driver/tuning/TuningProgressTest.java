package dev.lockstep.driver.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.TrialRecord;
import dev.lockstep.trainer.metric.WatchedMetric;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a person reads while a search goes on. */
final class TuningProgressTest {
  private static final WatchedMetric LOSS = WatchedMetric.VALIDATION_LOSS;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nanos;

  private TuningProgress printer(boolean notes, boolean progress) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    TuningProgress printer = new TuningProgress(out, notes, progress, () -> nanos);
    printer.begin(16, LOSS);
    return printer;
  }

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static EpochRecord epoch(int number) {
    SplitMetrics split = new SplitMetrics(0.25, 10, Map.of());
    return new EpochRecord(number, split, split);
  }

  private static TrialRecord trial(int number, double value) {
    return new TrialRecord(
        number, 1, "completed", Map.of("optimizer.beta1", "0.9"), 30, 90, value, null, null, "", 2);
  }

  @Test
  void anEpochIsShownEveryFiveSeconds() {
    TuningProgress printer = printer(true, true);
    printer.epoch(3, epoch(1), 30);
    nanos += 5_000_000_000L;
    printer.epoch(3, epoch(5), 30);
    printer.epoch(4, epoch(6), 30);
    nanos += 5_000_000_000L;
    printer.epoch(4, epoch(9), null);
    assertThat(lines())
        .containsExactly(
            "trial 3/16 epoch 5/30: validation.loss 0.2500",
            "trial 4/16 epoch 9: validation.loss 0.2500");
  }

  @Test
  void everyTrialIsShownWithTheBestSoFar() {
    TuningProgress printer = printer(true, true);
    printer.trial(trial(1, Double.NaN));
    printer.known(trial(2, 0.5));
    printer.trial(trial(3, 0.75));
    printer.trial(trial(4, 0.25));
    assertThat(lines())
        .containsExactly(
            "trial 1/16 completed after epoch 30: validation.loss NaN, 2.0 s; optimizer.beta1 0.9",
            "trial 2/16 is known: validation.loss 0.5000",
            "trial 3/16 completed after epoch 30: validation.loss 0.7500 (best: trial 2), 2.0 s;"
                + " optimizer.beta1 0.9",
            "trial 4/16 completed after epoch 30: validation.loss 0.2500 (best so far), 2.0 s;"
                + " optimizer.beta1 0.9");
  }

  @Test
  void messagesStayWithoutProgressAndQuietSaysNothing() {
    TuningProgress messages = printer(true, false);
    messages.trial(trial(1, 0.5));
    messages.note("mind this");
    TuningProgress quiet = printer(false, false);
    quiet.trial(trial(1, 0.5));
    quiet.known(trial(2, 0.5));
    quiet.note("nobody hears this");
    assertThat(lines()).containsExactly("mind this");
  }
}
