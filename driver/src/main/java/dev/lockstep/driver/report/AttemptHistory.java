package dev.lockstep.driver.report;

import java.util.List;

/**
 * How often a run was started and set back before it ended.
 *
 * @param resumedFromSteps the step behind which each attempt after the first went on, 0 for one
 *     that started over
 * @param returns how often training returned to an earlier state because it had diverged
 * @param checkpointsWritten by the attempt that ended the run
 * @param secondsWriting time that took, beside the training
 * @param secondsWaited time that training stood still for it
 */
public record AttemptHistory(
    List<Long> resumedFromSteps,
    int returns,
    int checkpointsWritten,
    double secondsWriting,
    double secondsWaited) {
  /** Takes a copy of the list. */
  public AttemptHistory {
    resumedFromSteps = List.copyOf(resumedFromSteps);
  }

  /** Attempts, the last one included. */
  public int attempts() {
    return resumedFromSteps.size() + 1;
  }
}
