package dev.lockstep.driver.config;

/**
 * The numbers that are allowed in one place.
 *
 * @param low smallest number, itself allowed if {@code lowIncluded}
 * @param high greatest number, itself allowed if {@code highIncluded}
 * @param text how a message says it
 */
record NumberRange(
    double low, boolean lowIncluded, double high, boolean highIncluded, String text) {
  static final NumberRange POSITIVE =
      new NumberRange(0, false, Double.MAX_VALUE, true, "a number above 0");
  static final NumberRange NOT_NEGATIVE =
      new NumberRange(0, true, Double.MAX_VALUE, true, "a number of at least 0");
  static final NumberRange BELOW_ONE =
      new NumberRange(0, true, 1, false, "a number of at least 0 and below 1");
  static final NumberRange ZERO_TO_ONE = new NumberRange(0, true, 1, true, "a number from 0 to 1");
  static final NumberRange BETWEEN_ZERO_AND_ONE =
      new NumberRange(0, false, 1, false, "a number above 0 and below 1");
  static final NumberRange ABOVE_ZERO_TO_ONE =
      new NumberRange(0, false, 1, true, "a number above 0 and at most 1");

  boolean contains(double number) {
    boolean aboveLow = lowIncluded ? number >= low : number > low;
    boolean belowHigh = highIncluded ? number <= high : number < high;
    return aboveLow && belowHigh;
  }
}
