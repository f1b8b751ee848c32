package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.run.ConfiguredGradientCheck;
import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.GradientReport;
import dev.lockstep.trainer.check.TensorCheck;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep gradcheck}. */
@Command(
    name = "gradcheck",
    description =
        "Compares the gradient of the configured network with finite differences, tensor by tensor.")
final class GradcheckCommand implements Callable<Integer> {
  @Mixin private ConfigurationArguments configuration;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description =
          "Examples of the first mini-batch to use at most (default: "
              + ConfiguredGradientCheck.DEFAULT_ROWS
              + ", fewer where the network makes them expensive).")
  private Integer rows;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    if (rows != null && rows < 1) {
      throw LockstepException.usage("--rows: must be at least 1, found " + rows + ".");
    }
    RunConfiguration run = configuration.read(common);
    try (SparkSession session = common.startSpark(run.name())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      return conclude(
          ConfiguredGradientCheck.check(spark, run, rows, this::announce), common.quiet);
    }
  }

  private void announce(int chosenRows) {
    if (!common.quiet) {
      System.err.println(
          "Examples of the first mini-batch in use: "
              + chosenRows
              + ". Dropout is off for the check; batch norm takes"
              + " the statistics of these examples.");
    }
  }

  /** Prints what was found out and returns the exit code. */
  static int conclude(GradientReport report, boolean quiet) {
    System.out.print(table(report));
    if (report.atKink() > 0 && !quiet) {
      System.err.println(
          report.atKink()
              + " of "
              + (report.checked() + report.atKink())
              + " elements were left out: the objective has a kink there (relu, maxPool or l1), so"
              + " it has no derivative to compare with.");
    }
    if (report.agrees()) {
      return ExitCode.DONE;
    }
    String wrong =
        report.tensors().stream()
            .filter(tensor -> tensor.verdict() == TensorCheck.Verdict.DIFFERS)
            .map(TensorCheck::name)
            .collect(Collectors.joining(", "));
    System.err.println(
        "lockstep: the gradient differs from finite differences by more than "
            + GradientCheck.THRESHOLD
            + (wrong.isEmpty() ? " as a whole." : " in " + wrong + "."));
    return ExitCode.GRADIENT;
  }

  private static String table(GradientReport report) {
    List<String[]> lines = new ArrayList<>();
    lines.add(new String[] {"tensor", "checked", "difference", "verdict"});
    int elements = 0;
    for (TensorCheck tensor : report.tensors()) {
      elements += tensor.elements();
      lines.add(
          line(
              tensor.name(),
              tensor.checked(),
              tensor.elements(),
              tensor.difference(),
              tensor.verdict().word()));
    }
    lines.add(
        line(
            "overall",
            report.checked(),
            elements,
            report.difference(),
            (report.agrees() ? TensorCheck.Verdict.AGREES : TensorCheck.Verdict.DIFFERS).word()));
    int[] widths = new int[4];
    for (String[] line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] line : lines) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        row.append(line[i]).append(" ".repeat(widths[i] - line[i].length() + 2));
      }
      text.append(row.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String[] line(
      String name, int checked, int elements, double difference, String verdict) {
    return new String[] {
      name, checked + " of " + elements, String.format(Locale.ROOT, "%.1e", difference), verdict
    };
  }
}
