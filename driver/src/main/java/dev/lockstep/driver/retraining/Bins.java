package dev.lockstep.driver.retraining;

import java.util.ArrayList;
import java.util.List;

/** Counts of all features in their bins, as they come from the cluster. */
final class Bins {
  private final double[][] edges;
  private final long[] counts;
  private final int[] firstBin;

  /**
   * Counts with their edges.
   *
   * @param edges [features][any number]
   * @param counts those of the first feature, then those of the second, and so on
   */
  Bins(double[][] edges, long[] counts) {
    this.edges = edges;
    this.counts = counts;
    this.firstBin = new int[edges.length + 1];
    for (int j = 0; j < edges.length; j++) {
      firstBin[j + 1] = firstBin[j] + edges[j].length + 1;
    }
  }

  /** The edges, [features][any number]. */
  double[][] edges() {
    return edges;
  }

  /** The counts of a feature. */
  List<Long> of(int feature) {
    List<Long> own = new ArrayList<>();
    for (int bin = firstBin[feature]; bin < firstBin[feature + 1]; bin++) {
      own.add(counts[bin]);
    }
    return own;
  }
}
