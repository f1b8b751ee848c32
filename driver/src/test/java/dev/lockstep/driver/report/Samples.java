package dev.lockstep.driver.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs made up for the tests. */
final class Samples {
  private Samples() {}

  /** Metrics as name, value, name, value … */
  static SplitMetrics split(double loss, long examples, Object... metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int i = 0; i < metrics.length; i += 2) {
      values.put((String) metrics[i], (Double) metrics[i + 1]);
    }
    return new SplitMetrics(loss, examples, values);
  }

  /** A summary of {@code metrics} without a test split. */
  static RunSummary summary(String status, String name, RunMetrics metrics) {
    EpochRecord last =
        metrics.epochs().isEmpty() ? null : metrics.epochs().get(metrics.epochs().size() - 1);
    return new RunSummary(
        status,
        name,
        metrics.steps().size(),
        metrics.epochs().size(),
        1210,
        "00ff",
        0.25,
        last == null ? null : last.train(),
        last == null ? null : last.validation(),
        null,
        12_345.6,
        1.5,
        2.25,
        new StepShares(0.625, 0.25, 0.0625, 0.0625),
        61.5,
        null,
        "4.1.0",
        "17.0.15",
        "OpenBLAS 0.3.31",
        8,
        4,
        "local",
        42,
        "sha256:ab",
        new BadRowCounts(
            "skip",
            0.1,
            Map.of("train", new BadRowCounts.Source(1000, 3, Map.of("notNumeric", 3L)))),
        Map.of("lockstep", "0.1.0"),
        List.of(),
        null,
        List.of());
  }

  static RunSummary withTest(
      RunSummary of, SplitMetrics test, List<String> labels, long[][] confusion) {
    return new RunSummary(
        of.status(),
        of.name(),
        of.steps(),
        of.epochs(),
        of.parameters(),
        of.parametersSha256(),
        of.sparsity(),
        of.train(),
        of.validation(),
        test,
        of.examplesPerSecond(),
        of.medianStepMilliseconds(),
        of.p95StepMilliseconds(),
        of.stepShares(),
        of.wallSeconds(),
        "Fine.",
        of.sparkVersion(),
        of.javaVersion(),
        of.blas(),
        of.cores(),
        of.shards(),
        of.synchronizer(),
        of.seed(),
        of.dataFingerprint(),
        of.badRows(),
        of.versions(),
        labels,
        confusion,
        List.of("A note."));
  }

  /** A falling loss over {@code epochs} epochs of {@code stepsPerEpoch} steps. */
  static RunMetrics run(int epochs, int stepsPerEpoch, boolean validation) {
    List<StepRecord> steps = new ArrayList<>();
    List<EpochRecord> ends = new ArrayList<>();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      for (int i = 0; i < stepsPerEpoch; i++) {
        long step = steps.size() + 1L;
        double loss = 2.0 / step + 0.01 * (step % 7);
        steps.add(step(step, epoch, loss));
      }
      double accuracy = 1 - 0.5 / epoch;
      ends.add(
          new EpochRecord(
              epoch,
              split(0.5 / epoch, 100, "accuracy", accuracy),
              validation ? split(0.6 / epoch, 20, "accuracy", accuracy - 0.01) : null));
    }
    return new RunMetrics(steps, ends);
  }

  static StepRecord step(long step, int epoch, double loss) {
    return new StepRecord(
        step, epoch, loss, 0, 0.001, 128, 2 * loss, new StepTimes(5e-3, 2e-3, 1e-3, 1e-3, 0.01));
  }
}
