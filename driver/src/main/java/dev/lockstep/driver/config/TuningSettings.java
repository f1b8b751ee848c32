package dev.lockstep.driver.config;

import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.Halving;
import dev.lockstep.trainer.search.SearchSpace;
import java.io.Serializable;
import java.util.List;

/**
 * The {@code tuning} block of a run configuration.
 *
 * @param metric by which trials are ranked, or null for the task's: {@code validation.accuracy} or
 *     {@code validation.loss}
 * @param search how trials get their values
 * @param trials how many, at least 1; for a grid at most so many, or null for all of it
 * @param parallel trials that train at once, at least 1
 * @param halving how bad trials are stopped early, or null for never
 * @param seed of the values that are drawn
 * @param space what varies
 */
public record TuningSettings(
    WatchedMetric metric,
    Search search,
    Integer trials,
    int parallel,
    Halving halving,
    long seed,
    SearchSpace space)
    implements Serializable {
  /** Random trials where the configuration names no number. */
  public static final int DEFAULT_TRIALS = 16;

  /** Trials at once where the configuration says nothing: one after another. */
  public static final int DEFAULT_PARALLEL = 1;

  /** The seed where the configuration names none. */
  public static final long DEFAULT_SEED = 1;

  /** More trials than this are taken for a mistake. */
  public static final int MAX_TRIALS = 10_000;

  /** How trials get their values. */
  public enum Search {
    /** Each value is drawn. */
    RANDOM("random"),
    /** All combinations of evenly spaced values. */
    GRID("grid");

    private final String key;

    Search(String key) {
      this.key = key;
    }

    /** The name in the configuration. */
    public String key() {
      return key;
    }
  }

  /** How many trials there are. */
  public int trialCount() {
    if (search == Search.RANDOM) {
      return trials;
    }
    long all = space.gridSize();
    return (int) Math.min(trials == null ? MAX_TRIALS : trials, all);
  }

  /**
   * The values of a trial, one for each parameter, JSON text.
   *
   * @param trial from 1 to {@link #trialCount}
   */
  public List<String> trial(int trial) {
    return search == Search.RANDOM ? space.randomTrial(seed, trial) : space.gridTrial(trial);
  }

  /** The same search by a metric that is settled. */
  public TuningSettings withMetric(WatchedMetric settled) {
    return new TuningSettings(settled, search, trials, parallel, halving, seed, space);
  }

  /** The same search with another number of trials at once, which changes no result. */
  public TuningSettings withParallel(int atOnce) {
    return new TuningSettings(metric, search, trials, atOnce, halving, seed, space);
  }
}
