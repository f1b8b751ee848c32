package dev.lockstep.driver.report;

/**
 * Where a usual step's time goes, as parts of the whole.
 *
 * @param compute forward and backward passes
 * @param aggregate starting the work and summing the shards' gradients
 * @param update clipping, optimizer and schedule on the driver
 * @param broadcast handing the new parameters out
 */
public record StepShares(double compute, double aggregate, double update, double broadcast) {
  /** The shares of a step; null where nothing was measured. */
  public static StepShares of(StepTimes step) {
    double total = step.total();
    return total > 0
        ? new StepShares(
            step.compute() / total,
            step.aggregate() / total,
            step.update() / total,
            step.broadcast() / total)
        : null;
  }

  /** All that is not compute. */
  public double notCompute() {
    return Math.max(0.0, 1.0 - compute);
  }
}
