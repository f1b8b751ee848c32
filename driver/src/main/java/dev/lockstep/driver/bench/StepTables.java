package dev.lockstep.driver.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@link StepBenchmark} and {@link GrowthBenchmark} found, as tables. */
public final class StepTables {
  private static final String LOCAL = Contender.LOCAL.name();

  /** What a step by one job may cost beside its arithmetic, in empty jobs. */
  private static final double ALLOWED_JOBS = 1.5;

  private StepTables() {}

  /** A line for each case, and columns for each contender: what steps cost beside arithmetic. */
  public static String steps(List<StepBenchmark.Result> results) {
    List<String> names = distributed(results);
    List<String> titles = new ArrayList<>();
    titles.add("workload");
    titles.add("parameters");
    titles.add("mini-batch");
    titles.add("empty job, ms");
    titles.add("local, ms");
    for (String name : names) {
      titles.add(name + ", ms");
      titles.add("local ÷ " + name);
      titles.add(name + " - local, ms");
      titles.add("(" + name + " - compute) ÷ empty job");
      titles.add("(" + name + " - compute) ÷ (1.5 empty jobs + 4 copies)");
    }
    MarkdownTable table = new MarkdownTable(titles.toArray(String[]::new));
    for (StepBenchmark.Result result : results) {
      double local = result.times().get(LOCAL).stepSeconds();
      List<String> cells = new ArrayList<>();
      cells.add(result.workload().name());
      cells.add(text("%,d", result.parameters()));
      cells.add(text("%,d", result.workload().batchSize()));
      cells.add(milliseconds(result.emptyJobSeconds()));
      cells.add(milliseconds(local));
      for (String name : names) {
        addCells(result, name, local, cells);
      }
      table.add(cells.toArray(String[]::new));
    }
    return table.toString();
  }

  private static void addCells(
      StepBenchmark.Result result, String name, double local, List<String> cells) {
    StepBenchmark.Times times = result.times().get(name);
    if (times == null) {
      cells.addAll(List.of("", "", "", "", ""));
      return;
    }
    double step = times.stepSeconds();
    double beyond = times.beyondComputeSeconds();
    cells.add(milliseconds(step));
    cells.add(text("%.2f", local / step));
    cells.add(milliseconds(step - local));
    cells.add(text("%.2f", beyond / result.emptyJobSeconds()));
    double allowed = ALLOWED_JOBS * result.emptyJobSeconds() + result.copiesSeconds();
    cells.add(text("%.2f", beyond / allowed));
  }

  /** Times with growing numbers of shards or partitions, each as a multiple of the first line's. */
  public static String growth(List<StepBenchmark.Result> results) {
    List<String> names = new ArrayList<>();
    names.add(LOCAL);
    names.addAll(distributed(results));
    List<String> titles = new ArrayList<>(List.of("shards", "partitions"));
    for (String name : names) {
      titles.add(name + ", ms");
      titles.add(name + " ÷ first line");
    }
    MarkdownTable table = new MarkdownTable(titles.toArray(String[]::new));
    for (StepBenchmark.Result result : results) {
      List<String> cells = new ArrayList<>();
      cells.add(text("%d", result.shards()));
      cells.add(text("%d", result.partitions()));
      for (String name : names) {
        StepBenchmark.Times first = results.get(0).times().get(name);
        StepBenchmark.Times times = result.times().get(name);
        cells.add(times == null ? "" : milliseconds(times.stepSeconds()));
        cells.add(
            times == null || first == null
                ? ""
                : text("%.2f", times.stepSeconds() / first.stepSeconds()));
      }
      table.add(cells.toArray(String[]::new));
    }
    return table.toString();
  }

  /** A line for each number of partitions. */
  public static String driverBytes(List<GrowthBenchmark.DriverBytes> results) {
    MarkdownTable table =
        new MarkdownTable("partitions", "bytes a step", "gradient, bytes", "gradients a step");
    for (GrowthBenchmark.DriverBytes result : results) {
      table.add(
          text("%d", result.partitions()),
          text("%,d", result.bytesPerStep()),
          text("%,d", result.gradientBytes()),
          text("%.2f", result.gradients()));
    }
    return table.toString();
  }

  private static List<String> distributed(List<StepBenchmark.Result> results) {
    List<String> names = new ArrayList<>();
    for (StepBenchmark.Result result : results) {
      for (String name : result.times().keySet()) {
        if (!name.equals(LOCAL) && !names.contains(name)) {
          names.add(name);
        }
      }
    }
    return names;
  }

  private static String milliseconds(double seconds) {
    return text("%.2f", 1e3 * seconds);
  }

  private static String text(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
