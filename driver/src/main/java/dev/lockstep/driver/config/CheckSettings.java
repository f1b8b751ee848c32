package dev.lockstep.driver.config;

import java.io.Serializable;

/**
 * The {@code retraining.checks} block of a run configuration: what new data must be like before a
 * model is trained on them. Each check has a limit beyond which it warns and one beyond which it
 * fails. What compares with the champion's data is left out where there is no champion.
 *
 * @param schema what to do where columns, kinds, classes or the shape of an example are not those
 *     of the champion
 * @param rowCount least examples of the training split
 * @param rowRatio least examples over the champion's
 * @param missing greatest share of the rows without a usable value in a column
 * @param missingIncrease greatest rise of that share over the champion's
 * @param labelShare greatest change of the share of a class
 * @param psi greatest population stability index of a column, a regression target included
 */
public record CheckSettings(
    Severity schema,
    Limits rowCount,
    Limits rowRatio,
    Limits missing,
    Limits missingIncrease,
    Limits labelShare,
    Limits psi)
    implements Serializable {
  /**
   * Where the configuration says nothing. The limits of the population stability index are those in
   * common use: below 0.1 a column has hardly changed, above 0.25 it is another one (Siddiqi,
   * "Credit Risk Scorecards", 2006). The others let the ups and downs of ordinary days pass, and
   * stop what looks like a broken export.
   */
  public static final CheckSettings DEFAULT =
      new CheckSettings(
          Severity.FAIL,
          new Limits(100.0, 10.0),
          new Limits(0.5, 0.1),
          new Limits(0.5, 0.9),
          new Limits(0.05, 0.2),
          new Limits(0.1, 0.25),
          new Limits(0.1, 0.25));

  /** What to do where a check has no number to measure. */
  public enum Severity {
    /** Do not look. */
    OFF("off"),
    /** Say so and go on. */
    WARN("warn"),
    /** Do not train. */
    FAIL("fail");

    private final String key;

    Severity(String key) {
      this.key = key;
    }

    /** Its name in the configuration. */
    public String key() {
      return key;
    }
  }

  /**
   * The limits of a check; a value that equals a limit is within it.
   *
   * @param warn beyond this it warns, or null where it never does
   * @param fail beyond this it fails, or null where it never does
   */
  public record Limits(Double warn, Double fail) implements Serializable {
    /** Nothing is checked. */
    public static final Limits OFF = new Limits(null, null);

    /** Whether nothing is checked. */
    public boolean isOff() {
      return warn == null && fail == null;
    }
  }
}
