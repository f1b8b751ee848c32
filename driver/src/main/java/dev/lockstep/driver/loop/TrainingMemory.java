package dev.lockstep.driver.loop;

import dev.lockstep.trainer.metric.BestSoFar;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.Objects;

/**
 * What steps leave behind beside parameters and optimizer slots: the rest of what a run needs to
 * continue to the same bits.
 *
 * @param epochSums sums over the mini-batches of the epoch that is going on, without confusion
 *     counts
 * @param plateau memory of a plateau schedule
 * @param stopping memory of early stopping
 * @param rateReductions how often a plateau has lowered the learning rate
 * @param rateFactor factor on the scheduled learning rate: 1, and less after returns
 * @param returns how often training has returned to an earlier state because it diverged
 * @param stoppedEarly whether early stopping has ended the run
 * @param bestWeights the weights of the best epoch, or null where none are kept
 */
public record TrainingMemory(
    MetricSums epochSums,
    BestSoFar plateau,
    BestSoFar stopping,
    int rateReductions,
    double rateFactor,
    int returns,
    boolean stoppedEarly,
    BestWeights bestWeights) {
  /** Checks that the sums are those of mini-batches, which count no confusions. */
  public TrainingMemory {
    Objects.requireNonNull(plateau, "plateau");
    Objects.requireNonNull(stopping, "stopping");
    if (epochSums.confusionClasses() > 0) {
      throw new IllegalArgumentException(
          "sums of mini-batches hold no confusion counts of "
              + epochSums.confusionClasses()
              + " classes");
    }
  }

  /** Before the first step. */
  public static TrainingMemory atStart() {
    return new TrainingMemory(
        new MetricSums(0), new BestSoFar(), new BestSoFar(), 0, 1.0, 0, false, null);
  }
}
