package dev.lockstep.driver.report;

import java.util.Optional;
import java.util.StringJoiner;

/**
 * What to do about steps that do much else than compute.
 *
 * @param batchSize examples of a mini-batch
 * @param shards logical shards that share them
 * @param fasterSynchronizer a {@code training.synchronizer} that should cost less than the one of
 *     the run, or null where there is none
 */
public record StepAdvice(int batchSize, int shards, String fasterSynchronizer) {
  /** Up to this share of a step that is not compute there is nothing to say. */
  static final double TOLERANCE = 0.3;

  /** Shorter runs spend their time on other things than steps. */
  static final int FEWEST_STEPS = 50;

  /** With fewer examples of a mini-batch than this, a shard has hardly anything to compute. */
  private static final int FEW_EXAMPLES = 32;

  /**
   * One line of advice.
   *
   * @return empty where steps mostly compute, or are too few to judge
   */
  public Optional<String> on(PhaseTimes times) {
    StepTimes step = times.usual();
    StepShares shares = StepShares.of(step);
    if (times.steps() < FEWEST_STEPS || shares == null || shares.notCompute() <= TOLERANCE) {
      return Optional.empty();
    }
    boolean onDriver = false;
    String phase = "starting the work and adding up the gradients (aggregate)";
    double seconds = step.aggregate();
    if (step.broadcast() > seconds) {
      phase = "handing out the parameters (broadcast)";
      seconds = step.broadcast();
    }
    if (step.update() > seconds) {
      phase = "the optimizer's update";
      seconds = step.update();
      onDriver = true;
    }
    StringJoiner remedies = new StringJoiner("; or ");
    if (fasterSynchronizer != null && !onDriver) {
      remedies.add("training.synchronizer: " + fasterSynchronizer);
    }
    remedies.add(
        "a bigger training.batchSize, so that there are fewer steps for the same examples");
    if (shards > 1 && batchSize / shards < FEW_EXAMPLES && !onDriver) {
      remedies.add(
          "fewer cores and training.shards: now each of "
              + shards
              + " shards has "
              + batchSize / shards
              + (batchSize / shards == 1 ? " example" : " examples")
              + " of a mini-batch");
    }
    return Optional.of(
        Numbers.wholePercent(shares.notCompute())
            + " of a step's time ("
            + Numbers.significant(1e3 * step.total(), 3)
            + " ms) is not compute; the largest part of that is "
            + phase
            + ", "
            + Numbers.significant(1e3 * seconds, 3)
            + " ms. What helps: "
            + remedies
            + ".");
  }
}
