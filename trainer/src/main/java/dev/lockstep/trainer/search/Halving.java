package dev.lockstep.trainer.search;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Successive halving: all trials train a little, the best 1/factor of them factor times as long,
 * and so on; only the last few train to the end. A rung is decided when all its trials have reached
 * it, so the decision does not depend on their order.
 *
 * <p>Source: Jamieson, Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
 * Optimization" (AISTATS 2016), with the factor called η by Li et al., "Hyperband" (JMLR 2018).
 *
 * @param factor of trials that a rung drops, and by which the next one is longer; at least 2
 * @param minEpochs length of the first rung, at least 1
 */
public record Halving(int factor, int minEpochs) implements Serializable {
  /** The factor where the configuration names none. */
  public static final int DEFAULT_FACTOR = 3;

  /** The length of the first rung where the configuration names none. */
  public static final int DEFAULT_MIN_EPOCHS = 2;

  /** Checks both numbers. */
  public Halving {
    if (factor < 2 || minEpochs < 1) {
      throw new IllegalArgumentException("factor " + factor + ", minEpochs " + minEpochs);
    }
  }

  /**
   * Epochs, from the start, at which each rung ends: minEpochs, minEpochs·factor, … as long as they
   * are fewer than all, and at last all.
   *
   * @param epochs of a whole run
   */
  public List<Integer> rungs(int epochs) {
    List<Integer> rungs = new ArrayList<>();
    for (long end = minEpochs; end < epochs; end *= factor) {
      rungs.add((int) end);
    }
    rungs.add(epochs);
    return List.copyOf(rungs);
  }

  /**
   * The trials that go on: of n the best n/factor, rounded down but at least one, and never one
   * without a value.
   *
   * @param scores of all trials of one rung, in any order
   * @return trial numbers in rising order
   */
  public List<Integer> survivors(List<TrialScore> scores, WatchedMetric metric) {
    int kept = Math.max(1, scores.size() / factor);
    return scores.stream()
        .filter(TrialScore::isKnown)
        .sorted(TrialScore.bestFirst(metric))
        .limit(kept)
        .map(TrialScore::trial)
        .sorted()
        .toList();
  }
}
