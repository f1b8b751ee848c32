package dev.lockstep.driver.config;

/** The whole numbers that are allowed in one place, both ends included. */
record WholeRange(long low, long high) {
  static final WholeRange ANY = new WholeRange(Long.MIN_VALUE, Long.MAX_VALUE);
  static final WholeRange COUNT_OR_ZERO = new WholeRange(0, Integer.MAX_VALUE);
  static final WholeRange COUNT = new WholeRange(1, Integer.MAX_VALUE);
  static final WholeRange LONG_COUNT = new WholeRange(1, Long.MAX_VALUE);

  boolean contains(long number) {
    return number >= low && number <= high;
  }

  /** How a message says it. */
  String text() {
    if (low == Long.MIN_VALUE) {
      return "a whole number";
    }
    return "a whole number "
        + (high < Integer.MAX_VALUE ? "from " + low + " to " + high : "of at least " + low);
  }
}
