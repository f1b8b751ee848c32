package dev.lockstep.driver.telemetry;

import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Tells operators how one attempt at a run goes: by events, and by metrics that Spark's sinks take,
 * from its beginning until it is closed. Has no influence on the run.
 *
 * <p>For the driver's thread, but for {@link #interruptedEarly}.
 */
public final class RunTelemetry implements TrainingListener, AutoCloseable {
  private static final double NANO = 1e-9;

  private final JavaSparkContext spark;
  private final EventLog events;
  private final ClusterWatch cluster;
  private final TrainingSource source;
  private final SourceRegistration registration;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final long start = System.nanoTime();
  private volatile RunContext run;
  private long step;
  private long badRows;
  private double secondsWriting;

  private RunTelemetry(JavaSparkContext spark, EventLog events, RunContext run) {
    this.spark = spark;
    this.events = events;
    this.run = run;
    this.cluster = new ClusterWatch(this::executorLost);
    this.source = new TrainingSource(cluster, System::nanoTime);
    this.registration = SourceRegistration.of(source);
    spark.sc().addSparkListener(cluster);
  }

  /**
   * An attempt at a run has taken its folder.
   *
   * @param events are told its steps
   * @param folder name of the folder
   * @param name of the run
   * @param mode whether it may go on with what the folder holds
   */
  public static RunTelemetry begin(
      JavaSparkContext spark, EventLog events, String folder, String name, String mode) {
    RunContext run = new RunContext(spark.sc().applicationId(), folder, 1);
    RunTelemetry telemetry = new RunTelemetry(spark, events, run);
    events.tell(
        Event.of(EventKind.RUN_STARTED, run)
            .with("name", name)
            .with("mode", mode)
            .with("master", spark.master())
            .with("spark", spark.version()));
    return telemetry;
  }

  /**
   * Performs the attempt, and tells how it ended. What fails while the program ends is interrupted:
   * Spark is gone then.
   *
   * @return what {@code attempt} returns; its exceptions pass
   */
  public RunSummary watch(Supplier<RunSummary> attempt) {
    try {
      RunSummary summary = attempt.get();
      ended(summary);
      return summary;
    } catch (Exception | Error failure) {
      // Spark's methods throw checked exceptions that they do not declare.
      failed(failure);
      throw failure;
    }
  }

  /** The data are there. */
  public void dataPrepared(PreparedData data) {
    for (BadRows each : data.badRows()) {
      badRows += each.count();
    }
    Event event = event(EventKind.DATA_PREPARED).with("trainExamples", data.train().examples());
    event = withExamples(event, "validationExamples", data.validation());
    event = withExamples(event, "testExamples", data.test());
    events.tell(event.with("badRows", badRows).with("seconds", seconds()));
  }

  private static Event withExamples(Event event, String name, Optional<PreparedSplit> split) {
    return split.isPresent() ? event.with(name, split.get().examples()) : event;
  }

  /**
   * This attempt goes on with what earlier ones did.
   *
   * @param attempt counted from 1
   * @param state where it goes on
   */
  public void resumed(int attempt, TrainingState state) {
    run = run.withAttempt(attempt);
    source.ofAttempt(attempt);
    source.knowReturns(state.returns());
    events.tell(event(EventKind.RUN_RESUMED).with("step", state.step()));
  }

  /**
   * Everything is ready for the first step.
   *
   * @param behind steps that have been taken before
   * @param totalSteps of the whole run
   * @param stepsPerEpoch at least 1
   * @param parameters how many numbers the network learns
   */
  public void trainingStarted(long behind, long totalSteps, int stepsPerEpoch, long parameters) {
    step = behind;
    source.ofRun(totalSteps, badRows);
    events.tell(
        event(EventKind.TRAINING_STARTED)
            .with("step", behind)
            .with("totalSteps", totalSteps)
            .with("stepsPerEpoch", stepsPerEpoch)
            .with("parameters", parameters));
  }

  /** Steps are taken from here on, behind a state that a checkpoint, or the start, gives again. */
  public void stepsBegin(long behind) {
    step = behind;
    source.beginBehind(behind);
  }

  @Override
  public void stepFinished(StepRecord record) {
    step = record.step();
    source.take(record);
  }

  @Override
  public void epochFinished(EpochRecord record) {
    source.take(record);
    Event event = event(EventKind.EPOCH_FINISHED).with("epoch", record.epoch()).with("step", step);
    event = withMetrics(event, "train", record.train());
    events.tell(withMetrics(event, "validation", record.validation()));
  }

  /**
   * A checkpoint is durable.
   *
   * @param of its step
   * @param written by this attempt so far
   * @param writing seconds that writing them took
   * @param waited seconds that training stood still for them
   */
  public void checkpointWritten(long of, int written, double writing, double waited) {
    source.takeCheckpoint(of, written, writing, waited);
    events.tell(
        event(EventKind.CHECKPOINT_WRITTEN)
            .with("step", of)
            .with("seconds", rounded(writing - secondsWriting)));
    secondsWriting = writing;
  }

  /**
   * Training diverged and goes on from an earlier state.
   *
   * @param from steps that had been taken
   * @param to where it goes on
   */
  public void returned(long from, TrainingState to) {
    source.takeReturn(from - to.step(), to.returns());
    events.tell(
        event(EventKind.RETURNED)
            .with("fromStep", from)
            .with("step", to.step())
            .with("rateFactor", to.rateFactor())
            .with("returns", to.returns()));
  }

  /** A signal ends the program before the first step; on any thread. */
  public void interruptedEarly() {
    interruptedAt(0);
  }

  private void interruptedAt(long lastStep) {
    end(RunOutcome.INTERRUPTED, event(EventKind.INTERRUPTED).with("step", lastStep));
  }

  private void executorLost(String executor, String reason) {
    events.tell(event(EventKind.EXECUTOR_LOST).with("executor", executor).with("reason", reason));
  }

  private void ended(RunSummary summary) {
    switch (summary.status()) {
      case "interrupted" ->
          end(
              RunOutcome.INTERRUPTED,
              event(EventKind.INTERRUPTED)
                  .with("step", summary.steps())
                  .with("seconds", seconds()));
      case "stoppedEarly" ->
          end(RunOutcome.STOPPED_EARLY, withResult(EventKind.STOPPED_EARLY, summary));
      default -> end(RunOutcome.COMPLETED, withResult(EventKind.COMPLETED, summary));
    }
  }

  private Event withResult(EventKind kind, RunSummary summary) {
    Event event = event(kind).with("step", summary.steps()).with("epoch", summary.epochs());
    event = withMetrics(event, "train", summary.train());
    event = withMetrics(event, "validation", summary.validation());
    event = withMetrics(event, "test", summary.test());
    return event.with("examplesPerSecond", summary.examplesPerSecond()).with("seconds", seconds());
  }

  private void failed(Throwable failure) {
    if (Shutdown.isUnderWay()) {
      interruptedAt(step);
      return;
    }
    Optional<LockstepException> known = LockstepException.in(failure);
    ErrorKind kind = known.map(LockstepException::kind).orElse(ErrorKind.INTERNAL);
    String sentence =
        known.map(LockstepException::getMessage).orElseGet(() -> String.valueOf(failure));
    if (kind == ErrorKind.NUMERIC) {
      end(RunOutcome.DIVERGED, event(EventKind.DIVERGED).with("step", step).saying(sentence));
    } else {
      end(
          RunOutcome.FAILED,
          event(EventKind.FAILED)
              .with("kind", kind.name().toLowerCase(Locale.ROOT))
              .with("step", step)
              .saying(sentence));
    }
  }

  private void end(RunOutcome outcome, Event event) {
    if (ended.compareAndSet(false, true)) {
      source.end(outcome);
      events.tell(event);
    }
  }

  private Event event(EventKind kind) {
    return Event.of(kind, run);
  }

  private double seconds() {
    return rounded((System.nanoTime() - start) * NANO);
  }

  /** To milliseconds: more would only make lines long. */
  private static double rounded(double seconds) {
    return Math.round(seconds * 1e3) / 1e3;
  }

  /** As {@code trainLoss}, {@code trainAccuracy}; nothing where the split was not evaluated. */
  private static Event withMetrics(Event event, String split, SplitMetrics metrics) {
    if (metrics == null) {
      return event;
    }
    Event all = event.with(split + "Loss", metrics.loss());
    for (Map.Entry<String, Double> metric : metrics.values().entrySet()) {
      String key = metric.getKey();
      all =
          all.with(
              split + key.substring(0, 1).toUpperCase(Locale.ROOT) + key.substring(1),
              metric.getValue());
    }
    return all;
  }

  /** Takes the metrics back, when sinks have had their last values. */
  @Override
  public void close() {
    spark.sc().removeSparkListener(cluster);
    registration.close();
  }
}
