package dev.lockstep.driver.bench;

import java.util.Arrays;
import java.util.List;

/** Order statistics of measured times. */
final class Quantiles {
  private Quantiles() {}

  /** The middle value, or the mean of the two in the middle. */
  static double median(double[] values) {
    double[] sorted = sorted(values);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * The value that a tenth of all are at or below: what the machine does when nobody disturbs it.
   */
  static double lowestTenth(double[] values) {
    return sorted(values)[(values.length - 1) / 10];
  }

  /** All values in one array. */
  static double[] joined(List<double[]> parts) {
    int length = 0;
    for (double[] part : parts) {
      length += part.length;
    }
    double[] all = new double[length];
    int start = 0;
    for (double[] part : parts) {
      System.arraycopy(part, 0, all, start, part.length);
      start += part.length;
    }
    return all;
  }

  private static double[] sorted(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
