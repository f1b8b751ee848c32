package dev.lockstep.driver.cluster;

import java.util.Arrays;

/**
 * How fast the first steps of a candidate are: some to warm up, then some that count, by their
 * medians.
 */
final class StepTrial {
  private final int leastWarmUp;
  private final int mostWarmUp;
  private final double warmUpSeconds;
  private final double mostSeconds;
  private final double[] seconds;
  private final double[] notCompute;
  private int steps;
  private double secondsSoFar;
  private boolean warm;
  private int counted;

  /**
   * A trial before its first step. It warms up until {@code leastWarmUp} steps and {@code
   * warmUpSeconds} have passed, but no longer than {@code mostWarmUp} steps.
   *
   * @param mostSeconds after which it ends, with the steps that there are
   * @param steps that count, at least 1
   */
  StepTrial(int leastWarmUp, int mostWarmUp, double warmUpSeconds, double mostSeconds, int steps) {
    this.leastWarmUp = leastWarmUp;
    this.mostWarmUp = mostWarmUp;
    this.warmUpSeconds = warmUpSeconds;
    this.mostSeconds = mostSeconds;
    this.seconds = new double[steps];
    this.notCompute = new double[steps];
  }

  /** Takes note of a step that took {@code total} seconds, {@code compute} of them computing. */
  void add(double total, double compute) {
    if (!warm && (steps >= mostWarmUp || (steps >= leastWarmUp && secondsSoFar >= warmUpSeconds))) {
      warm = true;
      counted = 0;
    }
    // A trial that ends in its warm-up has nothing but the last of these steps.
    int place = counted % seconds.length;
    seconds[place] = total;
    notCompute[place] = Math.max(0.0, total - compute);
    counted++;
    steps++;
    secondsSoFar += total;
  }

  boolean isComplete() {
    return (warm && counted == seconds.length) || (steps > 0 && secondsSoFar >= mostSeconds);
  }

  /** Median time of a complete trial's steps. */
  double seconds() {
    return median(seconds);
  }

  /** Median of the part that is not compute. */
  double notComputeSeconds() {
    return median(notCompute);
  }

  private double median(double[] values) {
    double[] sorted = Arrays.copyOf(values, Math.min(counted, values.length));
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
  }
}
