package dev.lockstep.trainer.reduce;

import dev.lockstep.trainer.reduce.StatisticsPoint.Phase;

/**
 * What some shards of a mini-batch bring to one {@link StatisticsPoint}.
 *
 * <pre>
 *            first             second             merged
 *   forward  mean of z         Σ (z - mean)²      like {@link Moments}
 *   backward Σ dy              Σ dy ẑ             added up
 * </pre>
 *
 * Both arrays are float64, [columns]; they have no elements where there are no values, which is the
 * identity of the merge. Mutable while it is summed; not safe for several threads at once. The sum
 * of all shards is only read.
 */
public final class StatisticsSum implements Mergeable<StatisticsSum> {
  private static final double[] NOTHING = {};

  private final Phase phase;
  private long count;
  private final double[] first;
  private final double[] second;

  /**
   * The sum of {@code count} values in every column.
   *
   * @param count at least 0
   * @param first [columns], kept and not copied
   * @param second [columns], kept and not copied
   */
  public StatisticsSum(Phase phase, long count, double[] first, double[] second) {
    if (first.length != second.length || count < 0) {
      throw new IllegalArgumentException(
          "statistics need a count of at least 0 and arrays of one length: "
              + count
              + ", "
              + first.length
              + ", "
              + second.length);
    }
    this.phase = phase;
    this.count = count;
    this.first = first;
    this.second = second;
  }

  /** What a shard without rows brings. */
  public static StatisticsSum empty(Phase phase) {
    return new StatisticsSum(phase, 0, NOTHING, NOTHING);
  }

  /** Which pass, and so how it is merged. */
  public Phase phase() {
    return phase;
  }

  /** Number of values in every column. */
  public long count() {
    return count;
  }

  /** Mean or Σ dy, [columns]: this object's own array. */
  public double[] first() {
    return first;
  }

  /** M2 or Σ dy ẑ, [columns]: this object's own array. */
  public double[] second() {
    return second;
  }

  /** The moments that a forward sum stands for, over the same arrays. */
  public Moments moments() {
    if (phase != Phase.FORWARD) {
      throw new IllegalStateException("sums of the " + phase + " pass are no moments");
    }
    return new Moments(count, first, second);
  }

  @Override
  public boolean isEmpty() {
    return count == 0;
  }

  /**
   * Adds {@code right}, which is of the same pass. Neither of the two is empty, or only {@code
   * right}.
   */
  @Override
  public void merge(StatisticsSum right) {
    if (right.phase != phase || (!right.isEmpty() && right.first.length != first.length)) {
      throw new IllegalArgumentException(
          "statistics of the "
              + right.phase
              + " pass over "
              + right.first.length
              + " columns cannot be merged into those of the "
              + phase
              + " pass over "
              + first.length);
    }
    if (right.isEmpty()) {
      return;
    }
    if (phase == Phase.FORWARD) {
      moments().merge(right.moments());
    } else {
      for (int j = 0; j < first.length; j++) {
        first[j] += right.first[j];
        second[j] += right.second[j];
      }
    }
    count += right.count;
  }
}
