package dev.lockstep.trainer.schedule;

/**
 * Every rate of a range once, from the smallest to the largest, in equal ratios:
 *
 * <pre>
 *   α = from · (to/from)^s = from^(1-s) · to^s,   s = (t-1)/(T-1)
 * </pre>
 *
 * <p>The second form begins and ends at exactly {@code from} and {@code to}. α₀ is not used.
 * Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017), section 3.3, there
 * with equal differences.
 *
 * @param from α of the first step, above 0
 * @param to α of the last step, greater than {@code from}
 */
public record RateSweep(double from, double to) implements LearningRate {
  /** Checks that the range is one. */
  public RateSweep {
    if (!(from > 0 && from < to && to < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("0 < from < to needed, not " + from + " and " + to);
    }
  }

  @Override
  public double rate(double initialRate, Schedule.Position position) {
    double share = (position.step() - 1.0) / (position.totalSteps() - 1.0);
    return StrictMath.pow(from, 1.0 - share) * StrictMath.pow(to, share);
  }
}
