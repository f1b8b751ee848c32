package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.Interruption;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.driver.run.TrainingRun;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep train}. */
@Command(
    name = "train",
    description = "Trains a network, evaluates it on the test split and writes the run folder.")
final class TrainCommand implements Callable<Integer> {
  @Mixin private ConfigurationArguments configuration;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Run folder, any Hadoop URI (default: runs/<name>-<timestamp>).")
  private String output;

  @Option(
      names = "--resume",
      description = {
        "Goes on with the run in the folder of --output, from its newest intact checkpoint;",
        "starts one where there is none, and does nothing where it is complete."
      })
  private boolean resume;

  @Option(
      names = "--force",
      description = {
        "With --resume: allows other values of learning rate, schedule, penalties and length,",
        "goes on with a run that diverged, and starts over where every checkpoint is damaged."
      })
  private boolean force;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    StartMode asked = mode();
    RunConfiguration run = configuration.read(common);
    RunDisplay display = new RunDisplay(common);
    try (Interruption interruption =
            Interruption.install("then writing a checkpoint", display::say);
        SparkSession session = common.startSpark(run.name())) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      ApplicationAttempt attempt = ApplicationAttempt.of(spark);
      String location = OutputLocation.of(output, run.name(), attempt);
      RunFolder folder = RunFolder.at(location, spark.hadoopConfiguration());
      StartMode mode =
          asked == StartMode.NEW && attempt.hasBegun(folder) ? StartMode.RESUME : asked;
      if (mode != asked) {
        display.say(
            "This is attempt "
                + attempt.number()
                + " of "
                + attempt.application()
                + ": it goes on with the run in "
                + folder.name()
                + ".");
      }
      TrainingRun training =
          new TrainingRun(
              spark,
              run,
              folder,
              mode,
              steps -> display.progress(run, steps),
              interruption,
              display::say,
              Terminal.events(common));
      Optional<RunSummary> ended = training.ended();
      RunSummary summary = ended.isPresent() ? ended.get() : training.execute();
      display.say(outcome(folder, summary, ended.isPresent()));
      System.out.println(folder.name());
      return summary.status().equals("interrupted") ? interruption.exitCode() : ExitCode.DONE;
    }
  }

  private StartMode mode() {
    if (force && !resume) {
      throw LockstepException.usage("--force goes with --resume only.");
    }
    if (resume && output == null) {
      throw LockstepException.usage(
          "--resume needs --output, the folder of the run that is to go on: without it every start"
              + " has a new folder, runs/<name>-<timestamp>.");
    }
    return force ? StartMode.RESUME_FORCED : resume ? StartMode.RESUME : StartMode.NEW;
  }

  private static String outcome(RunFolder folder, RunSummary summary, boolean endedBefore) {
    if (endedBefore) {
      return "The run in "
          + folder.name()
          + " has ended already ("
          + summary.status()
          + " after "
          + summary.steps()
          + " steps); there is nothing to resume.";
    }
    return summary.status().equals("interrupted")
        ? "Interrupted after step " + summary.steps() + "; --resume goes on from there."
        : Headline.of(summary);
  }
}
