package dev.lockstep.driver.cli;

import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.SplitMetrics;
import java.util.Locale;
import java.util.Map;

/** The outcome of a run in one line. */
final class Headline {
  private Headline() {}

  static String of(RunSummary summary) {
    StringBuilder line = new StringBuilder();
    append(line, "test", summary.test());
    append(line, "validation", summary.validation());
    append(line, "train", summary.train());
    line.append(
        String.format(Locale.ROOT, "%d steps in %.1f s", summary.steps(), summary.wallSeconds()));
    return line.toString();
  }

  private static void append(StringBuilder line, String split, SplitMetrics metrics) {
    if (metrics == null) {
      return;
    }
    line.append(split);
    for (Map.Entry<String, Double> metric : metrics.values().entrySet()) {
      line.append(String.format(Locale.ROOT, " %s %.4f", metric.getKey(), metric.getValue()));
      break;
    }
    line.append(String.format(Locale.ROOT, " loss %.4f · ", metrics.loss()));
  }
}
