package dev.lockstep.driver.report;

/**
 * Where a usual step's time goes: the median of each part by the median of the whole, so they need
 * not add up to 1.
 *
 * @param compute forward and backward passes
 * @param aggregate starting the work and summing the shards' gradients
 * @param update clipping, optimizer and schedule on the driver
 * @param broadcast handing the new parameters out
 */
public record StepShares(double compute, double aggregate, double update, double broadcast) {
  /** The shares of medians; null where nothing was measured. */
  public static StepShares of(StepTimes medians) {
    double total = medians.total();
    return total > 0
        ? new StepShares(
            medians.compute() / total,
            medians.aggregate() / total,
            medians.update() / total,
            medians.broadcast() / total)
        : null;
  }

  /** All that is not compute. */
  public double notCompute() {
    return Math.max(0.0, 1.0 - compute);
  }
}
