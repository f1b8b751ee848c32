package dev.lockstep.driver.config;

/** How the shards' contributions of a step come together. */
public enum Synchronizer {
  /** One Spark job a step. */
  TREE("tree"),
  /** Threads of the driver; local masters only. */
  LOCAL("local");

  private final String key;

  Synchronizer(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
