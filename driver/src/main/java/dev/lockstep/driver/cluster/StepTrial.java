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
  private final double[] seconds;
  private final double[] notCompute;
  private int warmUpSteps;
  private int counted;
  private double secondsSoFar;

  /**
   * A trial before its first step. It warms up until {@code leastWarmUp} steps and {@code
   * warmUpSeconds} have passed, but no longer than {@code mostWarmUp} steps.
   *
   * @param steps that count, at least 1
   */
  StepTrial(int leastWarmUp, int mostWarmUp, double warmUpSeconds, int steps) {
    this.leastWarmUp = leastWarmUp;
    this.mostWarmUp = mostWarmUp;
    this.warmUpSeconds = warmUpSeconds;
    this.seconds = new double[steps];
    this.notCompute = new double[steps];
  }

  /** Takes note of a step that took {@code total} seconds, {@code compute} of them computing. */
  void add(double total, double compute) {
    boolean warm =
        warmUpSteps >= mostWarmUp || (warmUpSteps >= leastWarmUp && secondsSoFar >= warmUpSeconds);
    if (warm || counted > 0) {
      seconds[counted] = total;
      notCompute[counted++] = Math.max(0.0, total - compute);
    } else {
      warmUpSteps++;
      secondsSoFar += total;
    }
  }

  boolean isComplete() {
    return counted == seconds.length;
  }

  /** Median time of a complete trial's steps. */
  double seconds() {
    return median(seconds);
  }

  /** Median of the part that is not compute. */
  double notComputeSeconds() {
    return median(notCompute);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
  }
}
