package dev.lockstep.trainer.metric;

/**
 * Exponentially weighted average of a series, the smoothing of every loss Lockstep shows.
 *
 * <pre>
 *   v_t = β v_{t-1} + (1-β) x_t
 *   value = v_t / (1 - β^t)   started without a value: v_0 = 0, bias-corrected
 *   value = v_t               started with a given v_0, no correction
 * </pre>
 *
 * <p>Its memory is about {@code 1/(1-β)} values. Source: Kingma and Ba 2015, section 3, for the
 * correction. The divisor is carried as the same recursion over ones, {@code w_t = β w_{t-1} +
 * (1-β) = 1 - β^t}, so neither a power nor a cancellation is involved.
 *
 * <p>Mutable and meant for one thread.
 */
public final class ExponentialAverage {
  /** The β of smoothed losses in progress lines, the report and {@code lr-find}. */
  public static final double LOSS_BETA = 0.98;

  private final double beta;
  private double weighted;
  private double weight;
  private long count;

  /**
   * Starts without a value, bias-corrected.
   *
   * @param beta β, at least 0 and less than 1
   */
  public ExponentialAverage(double beta) {
    this(beta, 0, 0);
  }

  private ExponentialAverage(double beta, double weighted, double weight) {
    if (!(beta >= 0 && beta < 1)) {
      throw new IllegalArgumentException("beta must be at least 0 and less than 1, not " + beta);
    }
    this.beta = beta;
    this.weighted = weighted;
    this.weight = weight;
  }

  /** Starts from the given v_0; nothing is corrected. */
  public static ExponentialAverage startingAt(double beta, double initialValue) {
    return new ExponentialAverage(beta, initialValue, 1);
  }

  /** Takes in x_t and returns the new {@link #value}. A value that is not finite stays for good. */
  public double add(double x) {
    weighted = beta * weighted + (1 - beta) * x;
    weight = beta * weight + (1 - beta);
    count++;
    return value();
  }

  /** The average so far; NaN before the first value, unless one was given at the start. */
  public double value() {
    return weighted / weight;
  }

  /** t, the number of values taken in. */
  public long count() {
    return count;
  }
}
