package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.TrainingRun;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lockstep train}. */
@Command(
    name = "train",
    description = "Trains a network, evaluates it on the test split and writes the run folder.")
final class TrainCommand implements Callable<Integer> {
  @Parameters(paramLabel = "CONFIG", description = "Run configuration, YAML or JSON.")
  private String configuration;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Run folder, any Hadoop URI (default: runs/<name>-<timestamp>).")
  private String output;

  @Option(
      names = "--set",
      paramLabel = "KEY.PATH=VALUE",
      description = "Overrides a value of the configuration; may be repeated.")
  private List<String> overrides = List.of();

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    RunConfiguration run = ConfigurationFile.read(configuration, overrides);
    try (SparkSession session = common.startSpark(run.name())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      String location = OutputLocation.of(output, run.name(), ApplicationAttempt.of(spark));
      RunFolder folder = RunFolder.at(location, spark.hadoopConfiguration());
      RunSummary summary =
          new TrainingRun(spark, run, folder, steps -> progress(run, steps)).execute();
      if (!common.quiet) {
        System.err.println(Headline.of(summary));
      }
      System.out.println(folder.name());
    }
    return ExitCode.DONE;
  }

  private ProgressPrinter progress(RunConfiguration run, long steps) {
    int epochs = run.training().epochs() == null ? 0 : run.training().epochs();
    return Terminal.progress(common, steps, epochs);
  }
}
