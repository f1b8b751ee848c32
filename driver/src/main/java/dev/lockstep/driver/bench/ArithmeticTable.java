package dev.lockstep.driver.bench;

import java.util.List;
import java.util.Locale;

/** What {@link ArithmeticBenchmark} found, as a table. */
public final class ArithmeticTable {
  private ArithmeticTable() {}

  /** One line for each workload. */
  public static String of(List<ArithmeticBenchmark.Result> results) {
    MarkdownTable table =
        new MarkdownTable(
            "workload",
            "parameters",
            "mini-batch",
            "MFLOP an example",
            "products alone, examples/s",
            "GFLOP/s",
            "training, examples/s",
            "ms a step",
            "share",
            "share, undisturbed");
    for (ArithmeticBenchmark.Result result : results) {
      int batchSize = result.workload().batchSize();
      table.add(
          result.workload().name(),
          text("%,d", result.parameters()),
          text("%,d", batchSize),
          text("%.2f", 1e-6 * result.flops() / batchSize),
          text("%,.0f", result.referenceRate()),
          text("%.0f", 1e-9 * result.flops() / result.referenceSeconds()),
          text("%,.0f", result.rate()),
          text("%.2f", 1e3 * result.stepSeconds()),
          text("%.0f %%", 100 * result.share()),
          text("%.0f %%", 100 * result.undisturbedShare()));
    }
    return table.toString();
  }

  private static String text(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
