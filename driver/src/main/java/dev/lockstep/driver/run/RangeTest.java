package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.rangetest.RateCurve;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.schedule.RateSweep;
import java.util.function.LongFunction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Trains a configuration for some steps while the learning rate rises, until the loss diverges.
 * Everything is as {@code train} would do it but the learning rate; schedule, early stopping and
 * validation are off. Writes no file and keeps no weights.
 */
public final class RangeTest {
  private final JavaSparkContext spark;
  private final RunConfiguration given;
  private final RateSweep sweep;
  private final int steps;
  private final LongFunction<ProgressPrinter> progressForSteps;

  /**
   * A test that is still to be made.
   *
   * @param steps of the whole sweep, at least 2
   * @param progressForSteps makes the progress display for a number of steps
   */
  public RangeTest(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RateSweep sweep,
      int steps,
      LongFunction<ProgressPrinter> progressForSteps) {
    this.spark = spark;
    this.given = configuration;
    this.sweep = sweep;
    this.steps = steps;
    this.progressForSteps = progressForSteps;
  }

  /** Takes the steps; the loss that diverges is the expected end and no error. */
  public RateCurve execute() {
    RunConfiguration run =
        given
            .withSchedule(RunConfiguration.DEFAULT_SCHEDULE)
            .withTraining(given.training().withoutEarlyStopping().withSteps(steps));
    try (PreparedData data = TrainingSession.prepare(spark, run);
        TrainingSession session = TrainingSession.open(spark, run, data)) {
      return sweep(session);
    }
  }

  private RateCurve sweep(TrainingSession session) {
    RateCurve curve = new RateCurve(steps);
    ProgressPrinter progress = progressForSteps.apply(steps);
    session.setup().warnings().forEach(progress::note);
    progress.note(
        "For the range test, schedule, early stopping and validation are off, and"
            + " optimizer.learningRate is not used.");
    try {
      session.loop(sweep, steps, 0, new CurveListener(curve, progress)).run(session.state());
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.NUMERIC) {
        throw failure;
      }
      curve.endDiverged();
    } finally {
      progress.finish();
    }
    return curve;
  }

  private record CurveListener(RateCurve curve, ProgressPrinter progress)
      implements TrainingListener {
    @Override
    public void stepFinished(StepRecord record) {
      curve.add(record.learningRate(), record.loss());
      progress.step(record);
    }

    /** A sweep has no use for epochs: they are as long as the data, not as the range. */
    @Override
    public void epochFinished(EpochRecord record) {}

    @Override
    public void noted(String sentence) {
      progress.note(sentence);
    }

    @Override
    public boolean wantsToStop() {
      return curve.hasDiverged();
    }
  }
}
