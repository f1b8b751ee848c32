package dev.lockstep.datasets.pack;

import java.util.List;

/** Keeps rows that cannot be used, so that their owner can look at them. */
@FunctionalInterface
public interface Quarantine {
  /** Keeps nothing. */
  Quarantine NONE = badRows -> null;

  /**
   * Keeps the rows of some locations, each exactly once.
   *
   * @return where they are, for people; or null where nothing is kept
   */
  String keep(List<BadRows> badRows);
}
