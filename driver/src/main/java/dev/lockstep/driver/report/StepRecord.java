package dev.lockstep.driver.report;

import java.util.Objects;

/**
 * One optimizer step.
 *
 * @param step counted from 1 over the whole run
 * @param epoch counted from 1
 * @param loss mean over the mini-batch, without the regularization term; not finite when diverged
 * @param penalty the regularization term
 * @param learningRate the rate this step used
 * @param examples in the mini-batch
 * @param gradientNorm ‖g‖₂ after regularization and before clipping
 * @param seconds where the time went
 */
public record StepRecord(
    long step,
    int epoch,
    double loss,
    double penalty,
    double learningRate,
    long examples,
    double gradientNorm,
    StepTimes seconds) {
  /** Checks that the times are there. */
  public StepRecord {
    Objects.requireNonNull(seconds, "seconds");
  }
}
