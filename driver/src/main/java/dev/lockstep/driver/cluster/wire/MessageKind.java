package dev.lockstep.driver.cluster.wire;

/** What a message is about. The place in this list is what travels. */
public enum MessageKind {
  /** A task is at work; station to driver. */
  REGISTER,
  /** Open a port for other stations; driver to station. */
  SERVE,
  /** Who sends what to whom; driver to station. */
  ROUTES,
  /** A part of the parameters with the work to do on them; down the tree of stations. */
  PARAMETERS,
  /** A part of a partial sum; up the tree of sums. */
  PIECE,
  /** A task's part of statistics that all shards need in the middle of a step. */
  STATISTICS,
  /** The sum of all parts of such statistics; driver to station. */
  TOTAL,
  /** A task met an error that would meet every attempt; station to driver. */
  FAILURE,
  /** Which partitions are still at work? Driver to station. */
  STATUS,
  /** Are you there? Station to driver. */
  PING,
  /** The run is over; driver to station. */
  STOP;

  private static final MessageKind[] ALL = values();

  /** The kind at a place of this list. */
  static MessageKind at(int place) {
    if (place < 0 || place >= ALL.length) {
      throw new IllegalArgumentException("there is no message of kind " + place);
    }
    return ALL[place];
  }
}
