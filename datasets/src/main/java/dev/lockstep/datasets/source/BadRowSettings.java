package dev.lockstep.datasets.source;

import java.io.Serializable;

/**
 * What to do about rows that cannot be used.
 *
 * @param mode what becomes of them
 * @param maxFraction bad rows over all rows, from 0 to 1, that each location may have where they
 *     are left out; more end the run
 */
public record BadRowSettings(BadRowMode mode, double maxFraction) implements Serializable {
  /**
   * Where the configuration says nothing: a tenth. Scattered damage stays far below; a column that
   * changed its form, a broken export or a lost part of the files is above, and training on what is
   * left would give a worse model without anybody noticing.
   */
  public static final double DEFAULT_MAX_FRACTION = 0.1;

  /** Where the configuration says nothing: the first bad row ends the run. */
  public static final BadRowSettings DEFAULT =
      new BadRowSettings(BadRowMode.FAIL, DEFAULT_MAX_FRACTION);

  /** Checks the fraction. */
  public BadRowSettings {
    if (!(maxFraction >= 0 && maxFraction <= 1)) {
      throw new IllegalArgumentException("maxFraction is " + maxFraction);
    }
  }

  /** Whether bad rows are left out. */
  public boolean leaveOut() {
    return mode != BadRowMode.FAIL;
  }
}
