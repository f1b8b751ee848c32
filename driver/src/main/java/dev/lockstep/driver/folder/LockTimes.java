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
  private static final int LOOKS_OF_A_WAIT = 10;

  /** Those of real runs. */
  public static final LockTimes DEFAULT =
      new LockTimes(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofMillis(500));

  /**
   * How long one pauses who has waited for a turn for some time: a tenth of that, but no shorter
   * than a fifth of {@link #poll} and no longer than {@link #heartbeat}.
   */
  Duration turn(Duration waited) {
    Duration shortest = poll.dividedBy(TURNS);
    Duration share = waited.dividedBy(LOOKS_OF_A_WAIT);
    if (share.compareTo(shortest) < 0) {
      return shortest;
    }
    return share.compareTo(heartbeat) > 0 ? heartbeat : share;
  }

  /** {@link #stale} for messages. */
  String staleSeconds() {
    double seconds = stale.toMillis() / 1000.0;
    return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
  }
}
