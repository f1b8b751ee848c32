package dev.lockstep.driver.telemetry;

import org.slf4j.event.Level;

/**
 * The steps in the life of a run, of retraining and of a search that operators are told of. A run
 * that begins has exactly one of the endings {@link #COMPLETED}, {@link #STOPPED_EARLY}, {@link
 * #INTERRUPTED}, {@link #DIVERGED} and {@link #FAILED}, a retraining one of {@link #DECIDED},
 * {@link #INTERRUPTED}, {@link #DIVERGED} and {@link #FAILED}, and a search one of {@link
 * #SEARCH_COMPLETED}, {@link #INTERRUPTED} and {@link #FAILED}, unless its process is killed.
 */
public enum EventKind {
  /** A run has taken its folder; an attempt that resumes one has too. */
  RUN_STARTED("runStarted", Level.INFO, "The run has started."),
  /** The data are read, checked, normalized and cached. */
  DATA_PREPARED("dataPrepared", Level.INFO, "The data are prepared."),
  /** An attempt goes on where an earlier one left off. */
  RUN_RESUMED("runResumed", Level.INFO, "The run goes on behind an earlier attempt."),
  /** The first step of an attempt is about to be taken. */
  TRAINING_STARTED("trainingStarted", Level.INFO, "Training has started."),
  /** An epoch is over, validated where it is its turn. */
  EPOCH_FINISHED("epochFinished", Level.INFO, "An epoch is finished."),
  /** A checkpoint is durable. */
  CHECKPOINT_WRITTEN("checkpointWritten", Level.INFO, "A checkpoint is written."),
  /** Training diverged and went back to an earlier state. */
  RETURNED("returnedAfterDivergence", Level.WARN, "Training diverged and returned."),
  /** The cluster lost an executor; the run goes on without it. */
  EXECUTOR_LOST("executorLost", Level.WARN, "An executor is lost."),
  /** All steps are taken, and the folder is complete. */
  COMPLETED("completed", Level.INFO, "The run is completed."),
  /** Early stopping has ended the run, and the folder is complete. */
  STOPPED_EARLY("stoppedEarly", Level.INFO, "The run has stopped early."),
  /** A signal has ended the attempt; the run can be resumed. */
  INTERRUPTED("interrupted", Level.WARN, "The run is interrupted."),
  /** The loss did not stay finite, and nothing helped. */
  DIVERGED("diverged", Level.ERROR, "The run has diverged."),
  /** The run has ended by an error. */
  FAILED("failed", Level.ERROR, "The run has failed."),
  /** Retraining begins; what was decided before, and whose turn it is, are looked at next. */
  RETRAINING_STARTED("retrainingStarted", Level.INFO, "The retraining has started."),
  /** Retraining has checked the new data. */
  DATA_CHECKED("dataChecked", Level.INFO, "The new data are checked."),
  /** Retraining has found something in the new data that its checks warn of. */
  DATA_SUSPICIOUS("dataSuspicious", Level.WARN, "The new data are unlike those of the champion."),
  /** Retraining has decided which model is the champion. */
  DECIDED("decided", Level.INFO, "The champion is decided."),
  /** Somebody has made an earlier version of a registry its champion. */
  ROLLED_BACK("rolledBack", Level.WARN, "Another version is the champion again."),
  /** A search has taken its folder; an attempt that goes on with one has too. */
  SEARCH_STARTED("searchStarted", Level.INFO, "The search has started."),
  /** A trial of a search has come to its end, or to that of a rung. */
  TRIAL_ENDED("trialEnded", Level.INFO, "A trial has ended."),
  /** All trials of a search have ended, and the folder is complete. */
  SEARCH_COMPLETED("searchCompleted", Level.INFO, "The search is completed.");

  private final String key;
  private final Level level;
  private final String sentence;

  EventKind(String key, Level level, String sentence) {
    this.key = key;
    this.level = level;
    this.sentence = sentence;
  }

  /** Its name in log lines. */
  public String key() {
    return key;
  }

  /** How much attention it wants. */
  public Level level() {
    return level;
  }

  /** What it means, where there is nothing more to say. */
  public String sentence() {
    return sentence;
  }
}
