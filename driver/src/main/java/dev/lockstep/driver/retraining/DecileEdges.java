package dev.lockstep.driver.retraining;

import java.util.Arrays;

/** Chooses the edges of a column's bins from a sample of its values. */
final class DecileEdges {
  /** Bins that a column has at most. */
  static final int BINS = 10;

  /** Half the width of a constant column's own bin, as a share of its value, or of 1. */
  private static final double TOLERANCE = 0x1.0p-20;

  private DecileEdges() {}

  /**
   * Edges of bins that hold about a tenth of the sample each. Edges lie halfway between two
   * neighboring values of the sample, so that a value of rounding error more or less stays in its
   * bin, and equal values are never parted. A value that alone makes up more than its share gets a
   * bin of its own, and the others are divided anew: 95 % zeros leave nine bins for the rest.
   *
   * <p>Where the sample has a single value v, there are three bins: below, at, and above v, up to
   * 2^-20 · max(|v|, 1).
   *
   * @param sorted at least one value, ascending
   * @return at most 9 edges, ascending
   */
  static double[] of(double[] sorted) {
    int n = sorted.length;
    double first = sorted[0];
    if (first == sorted[n - 1]) {
      double tolerance = TOLERANCE * Math.max(Math.abs(first), 1.0);
      return new double[] {first - tolerance, first + tolerance};
    }
    double[] edges = new double[BINS - 1];
    int count = 0;
    int binStart = 0;
    for (int start = 0; start < n && count < edges.length; ) {
      int end = endOfEqual(sorted, start);
      if (start > binStart && leavesOut(binStart, start, end, share(binStart, n, count))) {
        edges[count++] = halfway(sorted, start);
        binStart = start;
      }
      boolean full = end - binStart >= share(binStart, n, count);
      if (full && end < n && count < edges.length) {
        edges[count++] = halfway(sorted, end);
        binStart = end;
      }
      start = end;
    }
    return Arrays.copyOf(edges, count);
  }

  /** Place behind the last value that equals the one at {@code start}. */
  private static int endOfEqual(double[] sorted, int start) {
    int end = start + 1;
    while (end < sorted.length && sorted[end] == sorted[start]) {
      end++;
    }
    return end;
  }

  /** What each of the bins that are left would hold of the values that are left. */
  private static double share(int binStart, int n, int edges) {
    return (double) (n - binStart) / (BINS - edges);
  }

  /** Whether the bin comes closer to its share without the values from {@code start} on. */
  private static boolean leavesOut(int binStart, int start, int end, double share) {
    return end - binStart - share > share - (start - binStart);
  }

  private static double halfway(double[] sorted, int place) {
    return sorted[place - 1] + (sorted[place] - sorted[place - 1]) / 2;
  }
}
