package dev.lockstep.datasets.source;

/** What is to be predicted. */
public enum Task {
  /** One of a finite number of labels. */
  CLASSIFICATION("classification"),
  /** A number. */
  REGRESSION("regression");

  private final String key;

  Task(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }
}
