package dev.lockstep.datasets.source;

import java.io.Serializable;

/** Where the rows of the validation or the test split come from. */
public sealed interface HeldOut extends Serializable {
  /**
   * A share of the rows, drawn once by a keyed permutation.
   *
   * @param fraction 0 ≤ fraction &lt; 1; 0 means that there is no such split
   */
  record Fraction(double fraction) implements HeldOut {}

  /** Rows of their own. */
  record Separate(DataLocation location) implements HeldOut {}
}
