package dev.lockstep.datasets.pack;

import dev.lockstep.trainer.replica.Examples;

/** The examples s, s+S, s+2S, … of a split, for shard s of S. */
public final class Shard {
  private final int number;
  private final Examples examples;

  /**
   * Shard {@code number} with its examples, in ascending order of their index; they may be none.
   */
  public Shard(int number, Examples examples) {
    this.number = number;
    this.examples = examples;
  }

  /** s, from 0. */
  public int number() {
    return number;
  }

  /** The normalized examples: row r is example s + r·S of the split. */
  public Examples examples() {
    return examples;
  }
}
