package dev.lockstep.driver.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * What a search for the newest intact checkpoint came to.
 *
 * @param found the newest intact one; empty where there is none
 * @param skipped those that are newer but damaged, the newest first; all there are where none is
 *     intact, and then a run that started from scratch would write over what is left of another
 */
public record Search(Optional<StoredCheckpoint> found, List<Skipped> skipped) {
  /**
   * A checkpoint that cannot be used.
   *
   * @param name of its folder
   * @param reason why, as a sentence
   */
  public record Skipped(String name, String reason) {}

  /** Takes a copy of the list. */
  public Search {
    skipped = List.copyOf(skipped);
  }
}
