package dev.lockstep.trainer.metric;

/**
 * The best value of a watched metric and how many values have come since: the memory of early
 * stopping and of plateau schedules. Mutable and meant for one thread.
 */
public final class BestSoFar {
  private double best;
  private int since;

  /** Before the first value. */
  public BestSoFar() {
    this(Double.NaN, 0);
  }

  /**
   * In the middle of a run.
   *
   * @param best the best value, NaN before the first
   * @param since values since the best one
   */
  public BestSoFar(double best, int since) {
    this.best = best;
    this.since = since;
  }

  /**
   * Takes in a value.
   *
   * @param minDelta by how much it must beat the best one, at least 0
   * @return whether it is the new best; NaN never is
   */
  public boolean take(WatchedMetric metric, double value, double minDelta) {
    double threshold = metric.lowerIsBetter() ? best - minDelta : best + minDelta;
    boolean better =
        !Double.isNaN(value) && (Double.isNaN(best) || metric.isBetter(value, threshold));
    if (better) {
      best = value;
      since = 0;
    } else {
      since++;
    }
    return better;
  }

  /** Starts counting anew, as after the learning rate was lowered. */
  public void restartCount() {
    since = 0;
  }

  /** The best value, NaN before the first. */
  public double best() {
    return best;
  }

  /** Values since the best one, or since the count was started anew. */
  public int since() {
    return since;
  }
}
