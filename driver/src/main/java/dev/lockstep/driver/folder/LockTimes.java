package dev.lockstep.driver.folder;

import java.time.Duration;

/**
 * How long things take around a lock.
 *
 * @param heartbeat how often a holder gives a sign of life
 * @param stale how long, by the clock of who watches, a holder that is out of sight may give none
 * @param poll how often who watches looks
 */
public record LockTimes(Duration heartbeat, Duration stale, Duration poll) {
  private static final int TURNS = 5;

  /** Those of real runs. */
  public static final LockTimes DEFAULT =
      new LockTimes(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofMillis(500));

  /** How often one looks who waits for a turn. */
  Duration turn() {
    return poll.dividedBy(TURNS);
  }

  /** {@link #stale} for messages. */
  String staleSeconds() {
    double seconds = stale.toMillis() / 1000.0;
    return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
  }
}
