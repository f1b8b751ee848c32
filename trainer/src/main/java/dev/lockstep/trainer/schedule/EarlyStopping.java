package dev.lockstep.trainer.schedule;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.io.Serializable;

/**
 * When to end a run before its last epoch: after {@code patience} values of {@code metric} in a row
 * that are not better than the best one by more than {@code minDelta}. The weights of the best
 * value are then the run's result.
 *
 * @param metric what is watched
 * @param patience at least 1
 * @param minDelta at least 0
 */
public record EarlyStopping(WatchedMetric metric, int patience, double minDelta)
    implements Serializable {
  /** Patience where the configuration names none. */
  public static final int DEFAULT_PATIENCE = 5;

  /** Smallest improvement where the configuration names none. */
  public static final double DEFAULT_MIN_DELTA = 0.0;
}
