package dev.lockstep.datasets.source;

/** How features are scaled; the statistics come from the training split only. */
public enum Normalization {
  /** (x - μ)/σ with the biased variance; a constant feature maps to 0. */
  STANDARD("standard"),
  /** (x - min)/(max - min); a constant feature maps to 0. */
  MIN_MAX("minMax"),
  /** As they are. */
  NONE("none");

  private final String key;

  Normalization(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
