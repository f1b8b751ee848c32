package dev.lockstep.driver.config;

/** How the shards' contributions of a step come together. */
public enum Synchronizer {
  /** One Spark job a step. */
  TREE("tree"),
  /** Tasks that are started together once and stay for the whole run. */
  BARRIER("barrier"),
  /** Threads of the driver; local masters only. */
  LOCAL("local"),
  /** The fastest of the others, as the first steps show. */
  AUTO("auto");

  private final String key;

  Synchronizer(String key) {
    this.key = key;
  }

  /**
   * The synchronizer of that name.
   *
   * @throws IllegalArgumentException where there is none
   */
  public static Synchronizer of(String key) {
    for (Synchronizer synchronizer : values()) {
      if (synchronizer.key.equals(key)) {
        return synchronizer;
      }
    }
    throw new IllegalArgumentException("no synchronizer " + key);
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
