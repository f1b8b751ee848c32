package dev.lockstep.trainer.layer;

/** Whose mean and variance batch norm takes in training. */
public enum BatchMoments {
  /** Each shard of a mini-batch its own. */
  SHARD("shard"),
  /** All shards those of the whole mini-batch, for which they wait for each other in every step. */
  SYNCHRONIZED("synchronized");

  private final String key;

  BatchMoments(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
