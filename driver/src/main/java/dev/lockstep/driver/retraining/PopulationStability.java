package dev.lockstep.driver.retraining;

import dev.lockstep.trainer.random.NormalQuantile;
import java.util.List;

/**
 * The population stability index of two samples that are counted in the same bins.
 *
 * <pre>
 *   p_k = (a_k + 1/2) / (n + B/2)        share of bin k among the first sample's n rows
 *   q_k = (b_k + 1/2) / (m + B/2)        among the second's m rows; B bins
 *   PSI = Σ_k (q_k - p_k) ln(q_k / p_k)
 * </pre>
 *
 * Half a row is added to every bin, on both sides, so that an empty one does not make the index
 * infinite. The sum is the symmetric divergence of Jeffreys, "An Invariant Form for the Prior
 * Probability in Estimation Problems" (1946); its use as an index with the limits 0.1 and 0.25 is
 * Siddiqi's, "Credit Risk Scorecards" (2006).
 */
final class PopulationStability {
  private static final double ADDED = 0.5;

  private PopulationStability() {}

  /**
   * The index.
   *
   * @param first counts of the first sample, [bins]
   * @param second counts of the second sample in the same bins, [bins]
   */
  static double index(List<Long> first, List<Long> second) {
    int bins = first.size();
    double firstTotal = total(first) + bins * ADDED;
    double secondTotal = total(second) + bins * ADDED;
    double sum = 0.0;
    for (int bin = 0; bin < bins; bin++) {
      double p = (first.get(bin) + ADDED) / firstTotal;
      double q = (second.get(bin) + ADDED) / secondTotal;
      sum += (q - p) * StrictMath.log(q / p);
    }
    return sum;
  }

  /**
   * What two samples of one population exceed with the given probability: (1/n + 1/m) times the
   * quantile of χ² with B - 1 degrees of freedom, which the index is distributed as (Yurdakul and
   * Naranjo, "Statistical Properties of the Population Stability Index", 2020). The quantile is
   * Wilson and Hilferty's (1931): k (1 - 2/(9k) + z √(2/(9k)))³ for k degrees of freedom.
   *
   * @param probability above 0 and below 1
   */
  static double byChance(long firstRows, long secondRows, int bins, double probability) {
    double freedom = Math.max(1, bins - 1);
    double part = 2.0 / (9.0 * freedom);
    double root = 1.0 - part - NormalQuantile.of(probability) * Math.sqrt(part);
    return (1.0 / firstRows + 1.0 / secondRows) * freedom * root * root * root;
  }

  private static double total(List<Long> counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }
}
