package dev.lockstep.deploy;

import java.util.function.BooleanSupplier;

/** Waits for something to be seen, and fails where it does not come. */
final class Waiting {
  private static final long LOOK_MILLISECONDS = 10;
  private static final long LIMIT_SECONDS = 600;

  private Waiting() {}

  /**
   * Returns once {@code condition} holds.
   *
   * @param what a sentence that becomes true, for the failure
   */
  static void until(String what, BooleanSupplier condition) throws InterruptedException {
    until(what, LIMIT_SECONDS, condition);
  }

  /** As above, for what may take longer than most. */
  static void until(String what, long seconds, BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + seconds + " s until " + what);
      }
      Thread.sleep(LOOK_MILLISECONDS);
    }
  }
}
