package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.error.LockstepException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MetricsLogTest {
  private static final String STEP_LINE =
      "{\"kind\":\"step\",\"step\":1,\"epoch\":1,\"loss\":2.302585093,\"penalty\":0.0,"
          + "\"learningRate\":0.001,\"examples\":128,\"gradientNorm\":1.0E-7,"
          + "\"seconds\":{\"compute\":0.002,\"aggregate\":5.0E-4,\"update\":1.0E-4,"
          + "\"broadcast\":3.0E-4,\"total\":0.003}}\n";
  private static final String EPOCH_LINE =
      "{\"kind\":\"epoch\",\"epoch\":1,"
          + "\"train\":{\"loss\":0.5,\"examples\":1437,\"accuracy\":0.9,\"macroF1\":0.89},"
          + "\"validation\":{\"loss\":0.6,\"examples\":180,\"accuracy\":0.85,\"macroF1\":0.84}}\n";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();

  private String written() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private static RunMetrics read(String lines) throws IOException {
    return MetricsLog.read(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
  }

  private static StepRecord step(long step, int epoch, double loss) {
    return new StepRecord(
        step, epoch, loss, 0, 0.001, 128, 1e-7, new StepTimes(2e-3, 5e-4, 1e-4, 3e-4, 3e-3));
  }

  private static EpochRecord epoch(int epoch) {
    return new EpochRecord(
        epoch,
        Samples.split(0.5, 1437, "accuracy", 0.9, "macroF1", 0.89),
        Samples.split(0.6, 180, "accuracy", 0.85, "macroF1", 0.84));
  }

  @Test
  void linesHaveTheContractsKeys() throws IOException {
    try (MetricsLog log = new MetricsLog(out)) {
      log.write(step(1, 1, 2.302585093));
      log.write(epoch(1));
    }
    assertThat(written()).isEqualTo(STEP_LINE + EPOCH_LINE);
  }

  @Test
  void notFiniteBecomesNullAndReadsBackAsNaN() throws IOException {
    try (MetricsLog log = new MetricsLog(out)) {
      log.write(step(1, 1, Double.NaN));
      log.write(step(2, 1, Double.POSITIVE_INFINITY));
      log.write(new EpochRecord(1, Samples.split(Double.NaN, 3, "rmse", Double.NaN), null));
    }
    assertThat(written()).contains("\"loss\":null,\"penalty\":0.0").doesNotContain("NaN");
    assertThat(written()).doesNotContain("validation");
    RunMetrics metrics = read(written());
    assertThat(metrics.steps())
        .extracting(StepRecord::loss)
        .containsExactly(Double.NaN, Double.NaN);
    assertThat(metrics.epochs().get(0).train().values()).containsEntry("rmse", Double.NaN);
    assertThat(metrics.epochs().get(0).validation()).isNull();
  }

  @Test
  void whatIsWrittenReadsBackTheSame() throws IOException {
    StepRecord odd =
        new StepRecord(
            7, 2, 0.1 + 0.2, Double.MIN_VALUE, 1e300, 3, Math.PI, new StepTimes(1, 2, 3, 4, 10));
    try (MetricsLog log = new MetricsLog(out)) {
      log.write(step(6, 1, 0.25));
      log.write(epoch(1));
      log.write(odd);
    }
    assertThat(read(written()))
        .isEqualTo(new RunMetrics(List.of(step(6, 1, 0.25), odd), List.of(epoch(1))));
  }

  @Test
  void everyWholeLineSurvivesACutAnywhereInTheLast() throws IOException {
    String lines = STEP_LINE + EPOCH_LINE;
    for (int length = STEP_LINE.length(); length < lines.length() - 1; length++) {
      RunMetrics metrics = read(lines.substring(0, length));
      assertThat(metrics.steps()).hasSize(1);
      assertThat(metrics.epochs()).isEmpty();
    }
    assertThat(read(lines.strip()).epochs()).hasSize(1);
    assertThat(read("")).isEqualTo(new RunMetrics(List.of(), List.of()));
  }

  @Test
  void aBrokenLineBeforeTheLastIsNamed() {
    assertThatThrownBy(() -> read(STEP_LINE + "{\"kind\":\n" + EPOCH_LINE))
        .isInstanceOf(LockstepException.class)
        .hasMessageStartingWith("metrics.jsonl line 2 is no JSON object");
  }

  @Test
  void stepsDoneAgainReplaceTheFirstAttempt() throws IOException {
    try (MetricsLog log = new MetricsLog(out)) {
      log.write(step(1, 1, 10));
      log.write(step(2, 1, 11));
      log.write(epoch(1));
      log.write(step(3, 2, 12));
      log.write(step(2, 1, 21));
      log.write(epoch(1));
    }
    assertThat(read(written()))
        .isEqualTo(new RunMetrics(List.of(step(1, 1, 10), step(2, 1, 21)), List.of(epoch(1))));
  }

  @Test
  void resumingKeepsWhatWasFinishedByTheCheckpoint() {
    RunMetrics metrics =
        new RunMetrics(
            List.of(step(1, 1, 1), step(2, 1, 1), step(3, 2, 1), step(4, 2, 1)),
            List.of(epoch(1), epoch(2)));
    assertThat(metrics.upTo(3))
        .isEqualTo(
            new RunMetrics(
                List.of(step(1, 1, 1), step(2, 1, 1), step(3, 2, 1)), List.of(epoch(1))));
    assertThat(metrics.upTo(4)).isEqualTo(metrics);
    assertThat(metrics.upTo(0)).isEqualTo(new RunMetrics(List.of(), List.of()));
  }

  @Test
  void aLineWithoutEndIsRefusedBeforeItIsInMemory() {
    InputStream endless =
        new InputStream() {
          private long count;

          @Override
          public int read() {
            assertThat(count++).as("bytes that were asked for").isLessThan(4 << 20);
            return 'x';
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            Arrays.fill(target, offset, offset + length, (byte) read());
            count += length - 1;
            return length;
          }
        };
    assertThatThrownBy(() -> MetricsLog.read(endless))
        .isInstanceOf(LockstepException.class)
        .hasMessage(
            "metrics.jsonl line 1 has more than 1048576 characters, so it is no record; mend or remove the line.");
  }

  @Test
  void linesMayEndAsOnAnySystem() throws IOException {
    RunMetrics expected = read(STEP_LINE + EPOCH_LINE);
    assertThat(read((STEP_LINE + EPOCH_LINE).replace("\n", "\r\n"))).isEqualTo(expected);
    assertThat(read((STEP_LINE + EPOCH_LINE).strip())).isEqualTo(expected);
  }

  @Test
  void stepsThatNoRunReachesAreRefused() {
    for (String step : List.of("9223372036854775807", "1e309", "-1")) {
      assertThatThrownBy(() -> read("{\"kind\":\"step\",\"step\":" + step + "}\n"))
          .isInstanceOf(LockstepException.class)
          .hasMessageContaining("metrics.jsonl line 1 is of step ")
          .hasMessageEndingWith("steps count from 1 to 2^53. Mend or remove the line.");
    }
  }

  @Test
  void deeplyNestedLinesAreNoRecords() {
    assertThatThrownBy(
            () -> read("{\"a\":" + "[".repeat(900) + "]".repeat(900) + "}\n" + STEP_LINE))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("metrics.jsonl line 1 is no JSON object");
  }

  @Test
  void flushesEverySecondAndAtTheEndOfAnEpoch() throws IOException {
    try (MetricsLog log = new MetricsLog(out, clock::get)) {
      log.write(step(1, 1, 1));
      assertThat(written()).isEmpty();
      clock.set(1_000_000_000L);
      log.write(step(2, 1, 1));
      assertThat(written().lines()).hasSize(2);
      log.write(step(3, 1, 1));
      assertThat(written().lines()).hasSize(2);
      log.write(epoch(1));
      assertThat(written().lines()).hasSize(4);
    }
  }

  @Test
  void metricsMayNotBeCalledLikeTheOtherKeys() {
    assertThatThrownBy(() -> Samples.split(1, 1, "loss", 1.0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
