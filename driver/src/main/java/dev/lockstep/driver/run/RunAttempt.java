package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.AttemptHistory;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.StepAdvice;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.telemetry.RunTelemetry;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.Optional;

/**
 * One attempt at a run, from where it begins to an ending: the last step, early stopping, an
 * interruption, or a divergence that nothing helps against.
 */
final class RunAttempt {
  private final TrainingSession session;
  private final RunFolder folder;
  private final RunCheckpoints checkpoints;
  private final DivergenceRecovery recovery;
  private final AttemptLog attempts;
  private final RunEnding ending;
  private final RunNotes notes;
  private final ProgressPrinter progress;
  private final RunTelemetry telemetry;
  private final StopRequest stop;
  private final WayOut wayOut;
  private RunCourse course;

  /** Whether what was being computed failed while the run was being stopped. */
  private boolean brokenOff;

  /**
   * An attempt before its first step.
   *
   * @param session at the state where it begins
   * @param course of the steps until then
   * @param stop whether somebody wants the run to stop and be resumed later
   * @param wayOut what to do about a divergence
   */
  RunAttempt(
      TrainingSession session,
      RunFolder folder,
      RunCheckpoints checkpoints,
      DivergenceRecovery recovery,
      AttemptLog attempts,
      RunEnding ending,
      RunCourse course,
      RunNotes notes,
      ProgressPrinter progress,
      RunTelemetry telemetry,
      StopRequest stop,
      WayOut wayOut) {
    this.session = session;
    this.folder = folder;
    this.checkpoints = checkpoints;
    this.recovery = recovery;
    this.attempts = attempts;
    this.ending = ending;
    this.course = course;
    this.notes = notes;
    this.progress = progress;
    this.telemetry = telemetry;
    this.stop = stop;
    this.wayOut = wayOut;
  }

  /**
   * Trains to an ending and writes the folder.
   *
   * @throws LockstepException of kind numeric where the run diverged; its folder is complete then
   */
  RunSummary execute() {
    try {
      return trainToAnEnding();
    } finally {
      progress.finish();
    }
  }

  private RunSummary trainToAnEnding() {
    while (true) {
      Optional<LockstepException> divergence = takeSteps();
      if (divergence.isEmpty() && isInterrupted()) {
        return ending.withoutResult("interrupted", course, history());
      }
      stop.stepsEnd();
      if (divergence.isEmpty()) {
        divergence = evaluate();
      }
      if (brokenOff) {
        return ending.withoutResult("interrupted", course, history());
      }
      if (divergence.isEmpty()) {
        progress.finish();
        tellWhereTheTimeWent();
        return ending.withResult(course, history());
      }
      checkpoints.confirmHeld();
      Optional<String> lastGood = recovery.lastGoodCheckpoint(session.state());
      if (!recovery.mayReturn(session.state())) {
        throw diverged(divergence.get(), lastGood);
      }
      goBack();
    }
  }

  /** Takes the steps that are left; empty where all went well, else how training diverged. */
  private Optional<LockstepException> takeSteps() {
    checkpoints.startBehind(session.state().step());
    try (MetricsFile metrics = MetricsFile.open(folder)) {
      try {
        Optional<LockstepException> divergence = takeSteps(metrics);
        checkpoints.await();
        checkpoints.confirmHeld();
        metrics.flush();
        metrics.settle();
        return divergence;
      } finally {
        // A checkpoint that is being written needs the metrics' file.
        checkpoints.await();
      }
    }
  }

  private Optional<LockstepException> takeSteps(MetricsFile metrics) {
    RunListener listener = new RunListener(metrics);
    try {
      session.perform(
          stop,
          () -> {
            session.loop(listener).run(session.state());
            return null;
          });
    } catch (Exception failure) {
      // Not RuntimeException: Spark's methods throw checked exceptions that they do not declare.
      if (failure instanceof LockstepException known && known.kind() == ErrorKind.NUMERIC) {
        return Optional.of(known);
      }
      if (listener.updating) {
        throw failure;
      }
      if (!stop.isMade()) {
        keepBeside(failure, () -> checkpoints.keep(session.state(), metrics));
        throw failure;
      }
      // Whoever stops the driver may be stopping the executors too. The state is that of the last
      // whole step.
      brokenOff = true;
      tellOf("The step at hand", failure);
    }
    if (isInterrupted()) {
      checkpoints.keep(session.state(), metrics);
    }
    return Optional.empty();
  }

  /** Evaluates all splits; empty where all went well, else how training turns out to diverge. */
  private Optional<LockstepException> evaluate() {
    try {
      return session.perform(stop, ending::evaluate);
    } catch (Exception failure) {
      // As above.
      if (!stop.isMade()) {
        keepBeside(failure, this::keepLast);
        throw failure;
      }
      brokenOff = true;
      tellOf("The evaluation", failure);
    }
    keepLast();
    return Optional.empty();
  }

  private boolean isInterrupted() {
    TrainingState state = session.state();
    boolean wasLeftAtItsEnd = !state.epochSums().isEmpty();
    boolean isWhole = state.step() == session.setup().totalSteps() && !wasLeftAtItsEnd;
    return brokenOff || !(isWhole || state.stoppedEarly());
  }

  private void tellOf(String what, Exception failure) {
    String why = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    notes.tell(what + " failed while the run was being stopped: " + why);
  }

  /** Keeps the last whole step before the run fails; a failure of that does not hide the first. */
  private void keepBeside(Exception failure, Runnable keep) {
    if (!checkpoints.areOn()) {
      return;
    }
    try {
      keep.run();
    } catch (RuntimeException onTheWayOut) {
      failure.addSuppressed(onTheWayOut);
    }
  }

  /** Keeps the state behind the last step, whose metrics are written already. */
  private void keepLast() {
    try (MetricsFile metrics = MetricsFile.open(folder)) {
      checkpoints.keep(session.state(), metrics);
    }
  }

  private void goBack() {
    stop.stepsBegin();
    TrainingState diverged = session.state();
    StartingPoint point = recovery.goBack(diverged, notes);
    session.continueFrom(point.state());
    telemetry.returned(diverged.step(), point.state());
    course = RunCourse.of(point.metrics(), session.setup().batches().stepsPerEpoch(), notes);
    String sentence =
        "Training diverged at step "
            + Math.min(diverged.step() + 1, session.setup().totalSteps())
            + " and returned to step "
            + point.step()
            + ", with the learning rate now multiplied by "
            + point.state().rateFactor()
            + " (return "
            + point.state().returns()
            + " of "
            + recovery.settings().retries()
            + ").";
    notes.tell(sentence);
    attempts.note(sentence);
  }

  private LockstepException diverged(LockstepException divergence, Optional<String> lastGood) {
    StringBuilder message = new StringBuilder(divergence.getMessage());
    course.lastLosses().ifPresent(losses -> message.append(' ').append(losses));
    int returns = session.state().returns();
    if (returns > 0) {
      message.append(" Training had returned to an earlier state ");
      message.append(returns == 1 ? "once" : returns + " times").append(" already.");
    }
    if (lastGood.isEmpty()) {
      message.append(" There is no checkpoint before that.");
    } else {
      String place = folder.folder(CheckpointStore.FOLDER).folder(lastGood.get()).name();
      boolean isLast = lastGood.get().equals(CheckpointStore.nameOf(session.state().step()));
      message.append(
          isLast
              ? " The only checkpoint, "
                  + place
                  + ", is of the step before and would come to the same."
              : " The last good checkpoint is " + place + wayOut.afterDivergence());
    }
    notes.keep(message.toString());
    ending.withoutResult("diverged", course, history());
    message.append(" Its course until then is in ").append(folder.name()).append('.');
    return new LockstepException(ErrorKind.NUMERIC, message.toString(), divergence);
  }

  private AttemptHistory history() {
    return checkpoints.history(attempts.resumedFromSteps(), session.state().returns());
  }

  private void tellWhereTheTimeWent() {
    progress.times(course.statistics().times());
    TrainingSettings training = session.setup().configuration().training();
    new StepAdvice(training.batchSize(), training.shards(), session.fasterSynchronizer())
        .on(course.statistics().times())
        .ifPresent(notes::tell);
  }

  /** Hands on what the loop tells. */
  private final class RunListener implements TrainingListener {
    private final MetricsFile metrics;
    private final MetricsRecorder recorder;

    /** Whether the state is on its way from one step to the next, or through an epoch's end. */
    private boolean updating;

    private RunListener(MetricsFile metrics) {
      this.metrics = metrics;
      this.recorder = new MetricsRecorder(metrics.log());
    }

    @Override
    public void stepFinished(StepRecord record) {
      checkpoints.requireHeld();
      recorder.stepFinished(record);
      telemetry.stepFinished(record);
      progress.step(record);
      course.add(record).ifPresent(notes::tell);
      updating = false;
    }

    @Override
    public void epochFinished(EpochRecord record) {
      recorder.epochFinished(record);
      telemetry.epochFinished(record);
      progress.epoch(record);
    }

    @Override
    public void noted(String sentence) {
      notes.tell(sentence);
    }

    @Override
    public void settled(TrainingState state) {
      checkpoints.settled(state, metrics);
      updating = false;
    }

    @Override
    public void beforeEpochEnd() {
      checkpoints.await();
      updating = true;
    }

    @Override
    public void beforeUpdate(long step) {
      checkpoints.await();
      updating = true;
    }

    @Override
    public boolean wantsToStop() {
      return stop.isMade();
    }
  }
}
