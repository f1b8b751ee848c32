package dev.lockstep.trainer.bench;

import java.util.Random;

/** Values to compute on, and the comparison of what was computed with what is right. */
final class Checks {
  private Checks() {}

  /** Values of the standard normal law, the same in every run. */
  static float[] normal(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Σ a b in float64. */
  static double dot(float[] a, float[] b, int length) {
    double sum = 0.0;
    for (int i = 0; i < length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /**
   * Throws where {@code actual} is further than {@code tolerance} from {@code expected}, or not a
   * number.
   */
  static void near(String what, double actual, double expected, double tolerance) {
    if (!(Math.abs(actual - expected) <= tolerance)) {
      throw new IllegalStateException(what + " is " + actual + ", right is " + expected);
    }
  }
}
