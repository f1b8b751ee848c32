package dev.lockstep.trainer.layer;

/** What a convolution does at the borders of an image. */
public enum Padding {
  /** (kernel - 1)/2 zeros on every side, for every stride; odd kernels only. */
  SAME("same"),
  /** No zeros: windows lie inside the image. */
  VALID("valid");

  private final String key;

  Padding(String key) {
    this.key = key;
  }

  /** The name in the configuration. */
  public String key() {
    return key;
  }

  /** Zeros on every side for a kernel of this size. */
  public int zeros(int kernel) {
    return this == SAME ? (kernel - 1) / 2 : 0;
  }
}
