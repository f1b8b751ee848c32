package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.rangetest.RateCurve;
import dev.lockstep.driver.rangetest.RateSuggestion;
import dev.lockstep.driver.report.RangeTestReport;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.RangeTest;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.schedule.RateSweep;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep lr-find}. */
@Command(
    name = "lr-find",
    description =
        "Raises the learning rate step by step until the loss diverges, and suggests one.")
final class LearningRateCommand implements Callable<Integer> {
  @Mixin private ConfigurationArguments configuration;

  @Option(
      names = "--from",
      paramLabel = "RATE",
      defaultValue = "1e-6",
      description = "Rate of the first step (default: ${DEFAULT-VALUE}).")
  private double from;

  @Option(
      names = "--to",
      paramLabel = "RATE",
      defaultValue = "10",
      description = "Rate of the last step (default: ${DEFAULT-VALUE}).")
  private double to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "500",
      description =
          "Mini-batches of the whole range, if the loss lasts as long (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "Folder for curve and table, any Hadoop URI (default: runs/<name>-lr-find-<timestamp>).")
  private String output;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    RateSweep sweep = sweep();
    RunConfiguration run = configuration.read(common);
    try (SparkSession session = common.startSpark(run.name())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      String location =
          OutputLocation.of(output, run.name() + "-lr-find", ApplicationAttempt.of(spark));
      RunFolder folder = RunFolder.at(location, spark.hadoopConfiguration());
      folder.requireFresh();
      RateCurve curve =
          new RangeTest(spark, run, sweep, steps, total -> Terminal.progress(common, total, 0))
              .execute();
      RangeTestReport report =
          new RangeTestReport(run.name(), sweep, steps, curve, RateSuggestion.of(curve));
      folder.create();
      folder.writeText("lr-find.csv", report.csv());
      folder.writeText("lr-find.svg", report.svg());
      folder.writeText("lr-find.json", report.json());
      System.out.print(report.table());
      if (!common.quiet) {
        System.err.println("The curve is in " + folder.name() + "/lr-find.svg.");
      }
    }
    return ExitCode.DONE;
  }

  private RateSweep sweep() {
    requireRate("--from", from);
    requireRate("--to", to);
    if (from >= to) {
      throw LockstepException.usage(
          "--from: " + from + " must be less than --to, which is " + to + ".");
    }
    if (steps < 2) {
      throw LockstepException.usage("--steps: " + steps + " must be at least 2.");
    }
    return new RateSweep(from, to);
  }

  private static void requireRate(String option, double rate) {
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw LockstepException.usage(option + ": " + rate + " must be a number above 0.");
    }
  }
}
