package dev.lockstep.driver.cluster.wire;

/** What a message is about. */
public enum MessageKind {
  /** A task is at work; station to driver. */
  REGISTER(1),
  /** Open a port for other stations; driver to station. */
  SERVE(2),
  /** Who sends what to whom; driver to station. */
  ROUTES(3),
  /** A part of the parameters with the work to do on them; down the tree of stations. */
  PARAMETERS(4),
  /** A part of a partial sum; up the tree of sums. */
  PIECE(5),
  /** A task's part of statistics that all shards need in the middle of a step. */
  STATISTICS(6),
  /** The sum of all parts of such statistics; driver to station. */
  TOTAL(7),
  /** A task met an error that would meet every attempt; station to driver. */
  FAILURE(8),
  /** Which partitions are still at work? Driver to station. */
  STATUS(9),
  /**
   * Are you there, and here I am; station to driver, and along each new connection between
   * stations.
   */
  PING(10),
  /** The run is over; driver to station. */
  STOP(11);

  private static final MessageKind[] ALL = values();

  private final int number;

  MessageKind(int number) {
    this.number = number;
  }

  /** What travels. */
  int number() {
    return number;
  }

  /** The kind with this number. */
  static MessageKind of(int number) {
    for (MessageKind kind : ALL) {
      if (kind.number == number) {
        return kind;
      }
    }
    throw new IllegalArgumentException("there is no message of kind " + number);
  }
}
