package dev.lockstep.datasets.pack;

/** The parts into which the rows of one location are divided. */
enum Split {
  TRAIN(0, "training"),
  VALIDATION(1, "validation"),
  TEST(2, "test");

  private final int number;
  private final String word;

  Split(int number, String word) {
    this.number = number;
    this.word = word;
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
