package dev.lockstep.driver.config;

import java.io.Serializable;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The {@code retraining} block of a run configuration: when a newly trained model takes the
 * champion's place.
 *
 * @param metric metric of the test split by which models are compared, one of {@link #METRICS};
 *     null for the task's: accuracy, or rmse for regression
 * @param minImprovement by how much of the metric the challenger must be better, at least 0
 * @param runDate what this retraining is for, fit for the name of a file and decided once; null for
 *     a retraining that is repeated whenever it is asked for
 * @param window the days whose data are trained on, or null where the data's paths say it all
 * @param confidence how sure it must be that the improvement exceeds {@code minImprovement}, such
 *     as 0.95; null where the difference of the two metrics decides
 * @param keepRuns how many run folders of this and earlier run dates stay, at least 1; null for all
 * @param checks what the new data must be like
 */
public record RetrainingSettings(
    String metric,
    double minImprovement,
    String runDate,
    Window window,
    Double confidence,
    Integer keepRuns,
    CheckSettings checks)
    implements Serializable {
  /** The environment variable that gives the run date, and may stand in any value. */
  public static final String RUN_DATE = "RUN_DATE";

  /** What models can be compared by. */
  public static final List<String> METRICS =
      List.of("loss", "accuracy", "macroF1", "rmse", "mae", "r2");

  /** How much better the challenger must be where the configuration says nothing. */
  public static final double DEFAULT_MIN_IMPROVEMENT = 0.0;

  /**
   * The greatest confidence that can be asked for: with 1,999 resamples the least of them is a
   * bound with confidence 1 - 1/2000.
   */
  public static final double MOST_CONFIDENCE = 0.9995;

  /** What holds where there is no such block. */
  public static final RetrainingSettings DEFAULT =
      new RetrainingSettings(
          null, DEFAULT_MIN_IMPROVEMENT, null, null, null, null, CheckSettings.DEFAULT);

  /** How a message says what a run date may be. */
  public static final String RUN_DATE_TEXT =
      "a date such as 2026-11-25, or another name of up to 100 letters, digits and . _ + - that"
          + " begins with a letter or digit";

  private static final Pattern RUN_DATES = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}");

  /** Those of a configuration, or what holds where it says nothing. */
  public static RetrainingSettings of(RunConfiguration configuration) {
    return configuration.retraining() == null ? DEFAULT : configuration.retraining();
  }

  /** Whether a text can be a run date: it becomes the name of a file and part of a folder's. */
  public static boolean isRunDate(String text) {
    return RUN_DATES.matcher(text).matches();
  }

  /**
   * The last days before a run date, itself included, whose data are trained on.
   *
   * @param days how many, from 1 to {@link #MAX_DAYS}
   * @param missing what to do where the data of a day are not there
   */
  public record Window(int days, Missing missing) implements Serializable {
    /** Ten years. */
    public static final int MAX_DAYS = 3653;

    /** What to do where the configuration says nothing. */
    public static final Missing DEFAULT_MISSING = Missing.FAIL;
  }

  /** What to do where the data of a day are not there. */
  public enum Missing {
    /** Train on the other days, and say so. */
    SKIP("skip"),
    /** Refuse to train. */
    FAIL("fail");

    private final String key;

    Missing(String key) {
      this.key = key;
    }

    /** Its name in the configuration. */
    public String key() {
      return key;
    }
  }
}
