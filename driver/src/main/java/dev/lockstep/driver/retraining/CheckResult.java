package dev.lockstep.driver.retraining;

/**
 * What one check found, of one column where it looks at columns.
 *
 * @param check name of the check, as in the configuration
 * @param column the column, or null where the check is about all of the data
 * @param outcome what follows
 * @param value what was measured, or null where there is nothing to measure
 * @param limit the limit that the value is beyond; where it passed, the first one that it is
 *     within; null where there is no number
 * @param sentence all of it in words
 */
public record CheckResult(
    String check, String column, Outcome outcome, Double value, Double limit, String sentence) {
  /** What follows from a check, the worse the later. */
  public enum Outcome {
    /** Nothing to say. */
    PASSED("passed"),
    /** To be looked at; training goes on. */
    WARNED("warned"),
    /** No model is trained on these data. */
    FAILED("failed");

    private final String key;

    Outcome(String key) {
      this.key = key;
    }

    /** Its name in files. */
    public String key() {
      return key;
    }

    /** The worse of the two. */
    Outcome or(Outcome other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }
}
