package dev.lockstep.driver.run;

import dev.lockstep.driver.report.StepRecord;
import java.util.Arrays;

/**
 * Step times of a run for its summary. The first steps, in which the JVM compiles, are left out of
 * the percentiles where enough others are left.
 */
final class StepStatistics {
  private static final int WARM_UP_STEPS = 20;

  private double[] seconds = new double[1024];
  private int steps;
  private long examples;
  private double totalSeconds;

  void add(StepRecord record) {
    if (steps == seconds.length) {
      seconds = Arrays.copyOf(seconds, 2 * steps);
    }
    seconds[steps++] = record.seconds().total();
    examples += record.examples();
    totalSeconds += record.seconds().total();
  }

  /** Examples of all steps by the time of all steps. */
  double examplesPerSecond() {
    return totalSeconds == 0.0 ? 0.0 : examples / totalSeconds;
  }

  /** A percentile of the step times, by the nearest rank. */
  double milliseconds(double share) {
    int from = steps > 2 * WARM_UP_STEPS ? WARM_UP_STEPS : 0;
    double[] sorted = Arrays.copyOfRange(seconds, from, steps);
    if (sorted.length == 0) {
      return 0.0;
    }
    Arrays.sort(sorted);
    return 1e3 * sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
  }
}
