package dev.lockstep.driver.report;

import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/**
 * Spoiled files of a run's folder are read or refused, in bounded time and memory; whatever is read
 * can be shown.
 */
@Tag("fuzz")
class RunFilesFuzzTest {
  private static final byte[] METRICS_OF_A_RUN = metrics();
  private static final RunSummary SUMMARY =
      Samples.withTest(
          Samples.summary("completed", "run", read(METRICS_OF_A_RUN)),
          Samples.split(0.5, 7, "accuracy", 0.9),
          List.of("a", "b"),
          new long[][] {{3, 1}, {0, 3}});
  private static final List<byte[]> METRICS =
      List.of(
          METRICS_OF_A_RUN,
          bytes("{\"kind\":\"step\",\"step\":9223372036854775807}\n{\"kind\":\"step\"}\n\r\n"));
  private static final List<byte[]> SUMMARIES =
      List.of(bytes(SUMMARY.toJson()), bytes("{\"status\":\"completed\"}"));
  private static final List<byte[]> TRIALS =
      List.of(
          bytes(
              TrialsLog.write(
                  List.of(
                      new TrialRecord(
                          1,
                          1,
                          "completed",
                          Map.of("optimizer.learningRate", "0.1", "x", "[1,{\"a\":null}]"),
                          2,
                          30,
                          0.5,
                          Samples.split(0.5, 7),
                          null,
                          "ab",
                          1.5)))),
          bytes("{\"trial\":1,\"status\":\"paused\"}\n{}\n"));

  private static final ReaderTrial METRICS_LOG =
      new ReaderTrial("metrics.jsonl", 1000, 1 << 20, RunFilesFuzzTest::read);
  private static final ReaderTrial RUN_SUMMARY =
      new ReaderTrial(
          "summary.json",
          1000,
          1 << 20,
          file -> RunSummary.fromJson(new String(file, StandardCharsets.UTF_8)));
  private static final ReaderTrial TRIALS_LOG =
      new ReaderTrial(
          "trials.jsonl",
          1000,
          1 << 20,
          file -> {
            for (TrialRecord record :
                TrialsLog.read(new String(file, StandardCharsets.UTF_8), "trials.jsonl")) {
              TrialsLog.sameParameters(record.parameters(), record.parameters());
            }
          });
  private static final ReaderTrial REPORT =
      new ReaderTrial(
          "report",
          3000,
          8 << 20,
          file -> {
            RunMetrics metrics = read(METRICS_OF_A_RUN);
            RunSummary summary = SUMMARY;
            String text = new String(file, StandardCharsets.UTF_8);
            if (text.contains("\"status\"")) {
              summary = RunSummary.fromJson(text);
            } else {
              metrics = read(file);
            }
            HtmlReport.render(summary, metrics, text);
          });

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RunMetrics read(byte[] file) {
    try {
      return MetricsLog.read(new ByteArrayInputStream(file));
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static byte[] metrics() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (MetricsLog log = new MetricsLog(file)) {
      for (int step = 1; step <= 4; step++) {
        log.write(
            new StepRecord(
                step, 1, 1.0 / step, 0, 0.1, 16, 2, new StepTimes(0.1, 0.2, 0.3, 0.4, 1)));
      }
      log.write(
          new EpochRecord(1, Samples.split(0.25, 64, "accuracy", 0.5), Samples.split(0.3, 9)));
      log.write(
          new StepRecord(5, 2, Double.NaN, 0, 0.1, 16, 2, new StepTimes(0.1, 0.2, 0.3, 0.4, 1)));
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return file.toByteArray();
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledMetricsAreReadOrRefused(@ForAll("metricsFiles") Corruption corruption) {
    METRICS_LOG.assertReadOrRefused(corruption.of(METRICS));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledSummariesAreReadOrRefused(@ForAll("summaries") Corruption corruption) {
    RUN_SUMMARY.assertReadOrRefused(corruption.of(SUMMARIES));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledTrialsAreReadOrRefused(@ForAll("trials") Corruption corruption) {
    TRIALS_LOG.assertReadOrRefused(corruption.of(TRIALS));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void whatWasReadCanBeShown(@ForAll("reportFiles") Corruption corruption) {
    REPORT.assertReadOrRefused(
        corruption.of(List.of(METRICS.get(0), METRICS.get(1), SUMMARIES.get(0))));
  }

  @Provide
  Arbitrary<Corruption> metricsFiles() {
    return Corruption.any(METRICS.size());
  }

  @Provide
  Arbitrary<Corruption> summaries() {
    return Corruption.any(SUMMARIES.size());
  }

  @Provide
  Arbitrary<Corruption> trials() {
    return Corruption.any(TRIALS.size());
  }

  @Provide
  Arbitrary<Corruption> reportFiles() {
    return Corruption.any(3);
  }
}
