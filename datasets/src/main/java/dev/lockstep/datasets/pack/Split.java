package dev.lockstep.datasets.pack;

/** A part of the data. */
public enum Split {
  TRAIN(0, "train", "training"),
  VALIDATION(1, "validation", "validation"),
  TEST(2, "test", "test");

  private final int number;
  private final String key;
  private final String word;

  Split(int number, String key, String word) {
    this.number = number;
    this.key = key;
    this.word = word;
  }

  /** The name in files and on the command line. */
  public String key() {
    return key;
  }

  /** 0 for the training split, which always exists. */
  int number() {
    return number;
  }

  /** The adjective for messages. */
  String word() {
    return word;
  }
}
