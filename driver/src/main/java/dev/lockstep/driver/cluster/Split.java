package dev.lockstep.driver.cluster;

/** A part of the data. */
public enum Split {
  TRAIN("train"),
  VALIDATION("validation"),
  TEST("test");

  private final String key;

  Split(String key) {
    this.key = key;
  }

  /** The name in files and on the command line. */
  public String key() {
    return key;
  }
}
