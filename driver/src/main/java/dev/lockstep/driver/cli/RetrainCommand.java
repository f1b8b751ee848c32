package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.retraining.Decision;
import dev.lockstep.driver.retraining.RetrainingRun;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.Interruption;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep retrain}. */
@Command(
    name = "retrain",
    description = {
      "Trains the registry's champion on new data and publishes the new model",
      "if it is better on the same test split. Decided once for a run date."
    })
final class RetrainCommand implements Callable<Integer> {
  @Mixin private ConfigurationArguments configuration;

  @Option(
      names = "--run-date",
      paramLabel = "DATE",
      description = {
        "What it is for, such as 2026-11-25; $${RUN_DATE} in the configuration",
        "(default: retraining.runDate, else the environment's RUN_DATE)."
      })
  private String runDate;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "Run folder, any Hadoop URI (default: runs/<name>-<run date>, or <timestamp> without one).")
  private String output;

  @Option(
      names = "--resume",
      description = {
        "Goes on with the run in the run folder; a run of the same run date goes on by itself."
      })
  private boolean resume;

  @Option(
      names = "--again",
      description = {
        "Decides anew although it was decided for the run date, such as after a rollback;",
        "needs a folder in which nothing was trained (--output)."
      })
  private boolean again;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    RunConfiguration given = readForItsDate();
    String date = given.retraining() == null ? null : given.retraining().runDate();
    if (resume && output == null && date == null) {
      throw LockstepException.usage(
          "--resume needs --output or a run date: without them every start has a new folder,"
              + " runs/<name>-<timestamp>.");
    }
    if (again && date == null) {
      throw LockstepException.usage(
          "--again needs a run date: without one every start decides anew.");
    }
    RunDisplay display = new RunDisplay(common);
    try (Interruption interruption =
            Interruption.install("then writing a checkpoint", display::say);
        SparkSession session = common.startSpark(given.name())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      ApplicationAttempt attempt = ApplicationAttempt.of(spark);
      String location =
          output == null && date != null
              ? OutputLocation.of("runs/" + given.name() + "-" + date, given.name(), attempt)
              : OutputLocation.of(output, given.name(), attempt);
      RunFolder folder = RunFolder.at(location, spark.hadoopConfiguration());
      StartMode mode = resume || attempt.hasBegun(folder) ? StartMode.RESUME : StartMode.NEW;
      RetrainingRun retraining =
          new RetrainingRun(
              spark,
              given,
              this::read,
              folder,
              mode,
              steps -> display.progress(given, steps),
              interruption,
              display::say,
              Terminal.events(common));
      Optional<Decision> decision = (again ? retraining.again() : retraining).execute();
      display.say(
          decision.isPresent()
              ? decision.get().reason()
              : "Interrupted; the same command goes on from there.");
      System.out.println(folder.name());
      return decision.isEmpty() ? interruption.exitCode() : exitCode(decision.get());
    }
  }

  private static int exitCode(Decision decision) {
    return decision.keepsChampion() ? ExitCode.KEPT : ExitCode.DONE;
  }

  /** Where the configuration does not speak of retraining, the environment names the run date. */
  private RunConfiguration readForItsDate() {
    RunConfiguration given = read(runDate);
    String date = System.getenv(RetrainingSettings.RUN_DATE);
    return given.retraining() == null && date != null && !date.isEmpty() ? read(date) : given;
  }

  /** The configuration of a run date, or with null of the one that it names itself. */
  private RunConfiguration read(String date) {
    if (date == null) {
      return configuration.read(common);
    }
    if (!RetrainingSettings.isRunDate(date)) {
      throw LockstepException.usage(
          "The run date must be " + RetrainingSettings.RUN_DATE_TEXT + ", found '" + date + "'.");
    }
    return configuration.read(common, List.of("retraining.runDate=\"" + date + "\""));
  }
}
