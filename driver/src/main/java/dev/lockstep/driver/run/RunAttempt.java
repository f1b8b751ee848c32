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
  private final StopRequest stop;
  private RunCourse course;

  /**
   * An attempt before its first step.
   *
   * @param session at the state where it begins
   * @param course of the steps until then
   * @param stop whether somebody wants the run to stop and be resumed later
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
      StopRequest stop) {
    this.session = session;
    this.folder = folder;
    this.checkpoints = checkpoints;
    this.recovery = recovery;
    this.attempts = attempts;
    this.ending = ending;
    this.course = course;
    this.notes = notes;
    this.progress = progress;
    this.stop = stop;
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
        divergence = ending.evaluate();
      }
      if (divergence.isEmpty()) {
        progress.finish();
        tellWhereTheTimeWent();
        return ending.withResult(course, history());
      }
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
      session.loop(new RunListener(metrics)).run(session.state());
      if (isInterrupted()) {
        checkpoints.keep(session.state(), metrics);
      }
      checkpoints.await();
      return Optional.empty();
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.NUMERIC) {
        throw failure;
      }
      checkpoints.await();
      return Optional.of(failure);
    }
  }

  private boolean isInterrupted() {
    TrainingState state = session.state();
    return state.step() < session.setup().totalSteps() && !state.stoppedEarly();
  }

  private void goBack() {
    stop.stepsBegin();
    TrainingState diverged = session.state();
    StartingPoint point = recovery.goBack(diverged, notes);
    session.continueFrom(point.state());
    course = RunCourse.of(point.metrics(), session.setup().batches().stepsPerEpoch(), notes);
    String sentence =
        "Training diverged at step "
            + (diverged.step() + 1)
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
    if (lastGood.isPresent()) {
      message.append(" The last good checkpoint is ");
      message.append(folder.folder(CheckpointStore.FOLDER).folder(lastGood.get()).name());
      message.append("; --resume --force with another optimizer.learningRate goes on from there.");
    } else {
      message.append(" There is no checkpoint before that.");
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

    private RunListener(MetricsFile metrics) {
      this.metrics = metrics;
      this.recorder = new MetricsRecorder(metrics.log());
    }

    @Override
    public void stepFinished(StepRecord record) {
      recorder.stepFinished(record);
      progress.step(record);
      course.add(record).ifPresent(notes::tell);
    }

    @Override
    public void epochFinished(EpochRecord record) {
      recorder.epochFinished(record);
      progress.epoch(record);
    }

    @Override
    public void noted(String sentence) {
      notes.tell(sentence);
    }

    @Override
    public void settled(TrainingState state) {
      checkpoints.settled(state, metrics);
    }

    @Override
    public void beforeUpdate(long step) {
      checkpoints.await();
    }

    @Override
    public boolean wantsToStop() {
      return stop.isMade();
    }
  }
}
