package dev.lockstep.driver.report;

/**
 * Where the wall time of one step went, in seconds.
 *
 * @param compute forward and backward passes, up to the last shard
 * @param aggregate starting the work and summing the shards' gradients
 * @param update clipping, optimizer and schedule on the driver
 * @param broadcast handing the new parameters out
 * @param total the whole step; what the four do not cover is overhead
 */
public record StepTimes(
    double compute, double aggregate, double update, double broadcast, double total) {
  /** What the four parts do not cover. */
  public double other() {
    double rest = total - compute - aggregate - update - broadcast;
    // Below a millionth of the total it is the rounding of the sums.
    return rest > 1e-6 * total ? rest : 0.0;
  }
}
