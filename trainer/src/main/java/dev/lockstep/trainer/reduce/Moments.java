package dev.lockstep.trainer.reduce;

import java.util.Arrays;

/**
 * Count, mean and sum of squared deviations of {@code columns} features: what can be merged
 * exactly, and all that batch norm and input normalization need.
 *
 * <p>Merging follows Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for
 * Computing Sample Variances" (1979), eq. 2.1, in float64:
 *
 * <pre>
 *   n = n_a + n_b,  δ = mean_b - mean_a
 *   mean = mean_a + δ n_b / n
 *   M2   = M2_a + M2_b + δ² n_a n_b / n
 * </pre>
 *
 * The empty moments are the identity of the merge. Mutable; not safe for use by several threads at
 * once.
 */
public final class Moments {
  private long count;
  private final double[] mean;
  private final double[] squaredDeviations;

  /** Empty moments over {@code columns} features. */
  public Moments(int columns) {
    this(0, new double[columns], new double[columns]);
  }

  /** Moments with the given contents; the arrays [columns] are kept, not copied. */
  public Moments(long count, double[] mean, double[] squaredDeviations) {
    if (mean.length != squaredDeviations.length || count < 0) {
      throw new IllegalArgumentException(
          "moments need a count of at least 0 and arrays of one length: "
              + count
              + ", "
              + mean.length
              + ", "
              + squaredDeviations.length);
    }
    this.count = count;
    this.mean = mean;
    this.squaredDeviations = squaredDeviations;
  }

  /** Number of features. */
  public int columns() {
    return mean.length;
  }

  /** Number of values seen in each feature. */
  public long count() {
    return count;
  }

  /** The mean of each feature, [columns]: this object's own array. */
  public double[] mean() {
    return mean;
  }

  /** Σ(x - mean)² of each feature, [columns]: this object's own array. */
  public double[] squaredDeviations() {
    return squaredDeviations;
  }

  /** Forgets everything seen. */
  public void clear() {
    set(0);
    Arrays.fill(mean, 0.0);
    Arrays.fill(squaredDeviations, 0.0);
  }

  /**
   * States that the arrays now describe {@code newCount} values; for callers that fill {@link
   * #mean()} and {@link #squaredDeviations()} themselves.
   */
  public void set(long newCount) {
    count = newCount;
  }

  /**
   * Adds one row of values {@code row[offset .. offset + columns)} (Welford's update, the merge
   * with n_b = 1).
   */
  public void add(float[] row, int offset) {
    count++;
    for (int j = 0; j < mean.length; j++) {
      double delta = row[offset + j] - mean[j];
      mean[j] += delta / count;
      squaredDeviations[j] += delta * (row[offset + j] - mean[j]);
    }
  }

  /** Merges {@code right} into this object. */
  public void merge(Moments right) {
    if (right.mean.length != mean.length) {
      throw new IllegalArgumentException(
          "moments over " + right.mean.length + " columns cannot be merged into " + mean.length);
    }
    if (right.count == 0) {
      return;
    }
    if (count == 0) {
      count = right.count;
      System.arraycopy(right.mean, 0, mean, 0, mean.length);
      System.arraycopy(right.squaredDeviations, 0, squaredDeviations, 0, mean.length);
      return;
    }
    long total = count + right.count;
    double share = (double) right.count / total;
    double weight = count * share;
    for (int j = 0; j < mean.length; j++) {
      double delta = right.mean[j] - mean[j];
      mean[j] += delta * share;
      squaredDeviations[j] += right.squaredDeviations[j] + delta * delta * weight;
    }
    count = total;
  }

  /** σ² = M2/n of a feature, 0 when nothing was seen. */
  public double biasedVariance(int column) {
    return count == 0 ? 0.0 : squaredDeviations[column] / count;
  }

  /** M2/(n-1) of a feature; undefined (NaN) for fewer than two values. */
  public double unbiasedVariance(int column) {
    return count < 2 ? Double.NaN : squaredDeviations[column] / (count - 1);
  }
}
