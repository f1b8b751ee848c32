package dev.lockstep.datasets.source;

/** What becomes of a row that cannot be used. */
public enum BadRowMode {
  /** The first bad row, in the order of the rows, ends the run. */
  FAIL("fail"),
  /** Bad rows are left out and counted. */
  SKIP("skip"),
  /** Bad rows are left out, counted, and kept beside the run with their place and the reason. */
  QUARANTINE("quarantine");

  private final String key;

  BadRowMode(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
