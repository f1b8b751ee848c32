package dev.lockstep.trainer.random;

/**
 * What a random number is for. Two purposes never share a number, however their other coordinates
 * meet. The codes are part of what makes a run repeatable: they are never renumbered.
 */
public enum Purpose {
  INITIALIZATION(1),
  DROPOUT(2),
  SHUFFLE(3),
  SPLIT(4),
  SYNTHETIC_DATA(5),
  AUGMENTATION(6),
  SEARCH(7),
  GRADIENT_CHECK(8),
  DATA_SAMPLE(9),
  BOOTSTRAP(10);

  private final int code;

  Purpose(int code) {
    this.code = code;
  }

  /** The four-bit code that enters the counter. */
  public int code() {
    return code;
  }
}
