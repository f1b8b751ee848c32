package dev.lockstep.driver.bench;

import java.util.List;
import java.util.Locale;

/** What {@link StepModel} predicts, and from what, as tables. */
public final class ModelTables {
  private ModelTables() {}

  /** The measured constants. */
  public static String constants(StepModel.Constants constants) {
    return new MarkdownTable("constant", "value")
        .add("empty two-task job, ms", text("%.2f", 1e3 * constants.jobSeconds()))
        .add("each further task of a job, ms", text("%.3f", 1e3 * constants.taskSeconds()))
        .add("a further stage (shuffle), ms", text("%.2f", 1e3 * constants.stageSeconds()))
        .add("round trip of 1 kB, loopback, ms", text("%.3f", 1e3 * constants.roundTripSeconds()))
        .add("endpoint, GB/s", text("%.2f", 1e-9 / constants.endpointSecondsPerByte()))
        .add("addition of gradients, GB/s", text("%.2f", 1e-9 / constants.additionSecondsPerByte()))
        .add(
            "update, million parameters/s",
            text("%.0f", 1e-6 / constants.updateSecondsPerParameter()))
        .toString();
  }

  /** What the workloads were measured to cost a core. */
  public static String costs(List<Workload> workloads, List<StepModel.Cost> costs) {
    MarkdownTable table =
        new MarkdownTable("workload", "parameters", "fixed, ms a step", "µs an example");
    for (int i = 0; i < costs.size(); i++) {
      StepModel.Cost cost = costs.get(i);
      table.add(
          workloads.get(i).name(),
          text("%,d", cost.parameters()),
          text("%.2f", 1e3 * cost.fixedSeconds()),
          text("%.1f", 1e6 * cost.exampleSeconds()));
    }
    return table.toString();
  }

  /** A workload on clusters of several sizes, with its own mini-batch and one that grows along. */
  public static String prediction(Workload workload, List<StepModel> models) {
    MarkdownTable table =
        new MarkdownTable(
            "workload",
            "executors",
            "mini-batch",
            "compute, ms",
            "tree, ms",
            "barrier, ms",
            "tree, efficiency",
            "barrier, efficiency");
    for (boolean scaled : new boolean[] {false, true}) {
      for (StepModel model : models) {
        int executors = model.cluster().executors();
        int own = workload.batchSize();
        int batchSize = scaled ? Math.multiplyExact(own, executors) : own;
        double tree = model.treeSeconds(batchSize);
        double barrier = model.barrierSeconds(batchSize);
        table.add(
            workload.name(),
            text("%d", executors),
            text("%,d", batchSize),
            text("%.2f", 1e3 * model.computeSeconds(batchSize)),
            text("%.1f", 1e3 * tree),
            text("%.1f", 1e3 * barrier),
            text("%.0f %%", 100 * model.efficiency(own, batchSize, tree)),
            text("%.0f %%", 100 * model.efficiency(own, batchSize, barrier)));
      }
    }
    return table.toString();
  }

  private static String text(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
