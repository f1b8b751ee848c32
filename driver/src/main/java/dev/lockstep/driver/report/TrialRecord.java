package dev.lockstep.driver.report;

import dev.lockstep.trainer.search.TrialScore;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A trial of a search at the end of a rung; without halving the only rung is the whole run.
 *
 * @param trial its number, counted from 1
 * @param rung how far it came, counted from 1
 * @param status {@code completed}, {@code stoppedEarly}, {@code diverged}, {@code paused} where the
 *     rung is not decided, or {@code stopped} where it was not among the best of its rung
 * @param parameters what varies, by key path, as JSON texts
 * @param epochs finished
 * @param steps done
 * @param value of the metric by which trials are ranked; NaN where the trial diverged
 * @param train metrics of the training split, or null
 * @param validation metrics of the validation split, or null
 * @param dataFingerprint identifies the data
 * @param seconds spent on this trial so far
 */
public record TrialRecord(
    int trial,
    int rung,
    String status,
    Map<String, String> parameters,
    int epochs,
    long steps,
    double value,
    SplitMetrics train,
    SplitMetrics validation,
    String dataFingerprint,
    double seconds) {
  /** Waiting for the others of its rung. */
  public static final String PAUSED = "paused";

  /** Was not among the best of its rung. */
  public static final String STOPPED = "stopped";

  /** Keeps the order of {@code parameters}. */
  public TrialRecord {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  /** The same trial with another status. */
  public TrialRecord withStatus(String other) {
    return new TrialRecord(
        trial,
        rung,
        other,
        parameters,
        epochs,
        steps,
        value,
        train,
        validation,
        dataFingerprint,
        seconds);
  }

  /** The same trial with its parameters written otherwise. */
  public TrialRecord withParameters(Map<String, String> others) {
    return new TrialRecord(
        trial,
        rung,
        status,
        others,
        epochs,
        steps,
        value,
        train,
        validation,
        dataFingerprint,
        seconds);
  }

  /** The trial's run folder, inside the search's folder. */
  public static String folder(int trial) {
    return String.format(Locale.ROOT, "trials/%03d", trial);
  }

  /** What a ranking looks at. */
  public TrialScore score() {
    return new TrialScore(trial, rung, value);
  }
}
