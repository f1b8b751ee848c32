package dev.lockstep.trainer.search;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.util.Comparator;

/**
 * How well a trial does.
 *
 * @param trial its number, counted from 1
 * @param rung how far it came, counted from 1
 * @param value of the metric; NaN where it diverged, and in place of infinities
 */
public record TrialScore(int trial, int rung, double value) {
  /** What is not finite is not known. */
  public TrialScore {
    value = Double.isFinite(value) ? value : Double.NaN;
  }

  /** Whether there is a value. */
  public boolean isKnown() {
    return !Double.isNaN(value);
  }

  /**
   * The order of a ranking: trials without a value last, those that came further first, then by
   * value, then by number. No two trials are equal in it, so it never depends on who came first.
   */
  public static Comparator<TrialScore> bestFirst(WatchedMetric metric) {
    Comparator<TrialScore> byValue = Comparator.comparingDouble(TrialScore::value);
    return Comparator.comparing(TrialScore::isKnown)
        .reversed()
        .thenComparing(Comparator.comparingInt(TrialScore::rung).reversed())
        .thenComparing(metric.lowerIsBetter() ? byValue : byValue.reversed())
        .thenComparingInt(TrialScore::trial);
  }
}
