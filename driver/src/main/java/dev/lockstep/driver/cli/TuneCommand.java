package dev.lockstep.driver.cli;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.TuningSummary;
import dev.lockstep.driver.run.ApplicationAttempt;
import dev.lockstep.driver.run.Interruption;
import dev.lockstep.driver.tuning.TuningPlan;
import dev.lockstep.driver.tuning.TuningProgress;
import dev.lockstep.driver.tuning.TuningRun;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep tune}. */
@Command(
    name = "tune",
    description = {
      "Searches for the hyper-parameters that the tuning block of the configuration names.",
      "The same command with the same --output goes on with a search that was interrupted."
    })
final class TuneCommand implements Callable<Integer> {
  @Mixin private ConfigurationArguments configuration;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Folder of the search, any Hadoop URI (default: runs/<name>-tune-<timestamp>).")
  private String output;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    TuningPlan plan = TuningPlan.of(more -> configuration.read(common, more));
    String name = plan.base().name();
    try (Interruption interruption =
            Interruption.install("trials that have ended stay", this::say);
        SparkSession session = common.startSpark("tune " + name)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      String location = OutputLocation.of(output, name + "-tune", ApplicationAttempt.of(spark));
      RunFolder folder = RunFolder.at(location, spark.hadoopConfiguration());
      boolean progress = !common.quiet && !common.noProgress;
      TuningRun tuning =
          new TuningRun(
              spark,
              plan,
              folder,
              new TuningProgress(System.err, !common.quiet, progress, System::nanoTime),
              interruption,
              Terminal.events(common));
      TuningSummary summary;
      try {
        summary = tuning.execute();
      } catch (CancellationException stopped) {
        say(
            "Interrupted; the same command with --output "
                + folder.name()
                + " goes on behind the trials that have ended.");
        System.out.println(folder.name());
        return interruption.exitCode();
      }
      System.out.print(summary.toTable());
      if (summary.best().isEmpty()) {
        throw new LockstepException(
            ErrorKind.NUMERIC,
            "no trial ended with a finite "
                + summary.metric()
                + "; they are in "
                + folder.name()
                + ". Try smaller values of optimizer.learningRate.");
      }
      System.out.println(folder.name() + "/" + TuningRun.BEST);
    }
    return ExitCode.DONE;
  }

  private void say(String sentence) {
    if (!common.quiet) {
      System.err.println(sentence);
    }
  }
}
