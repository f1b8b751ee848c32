package dev.lockstep.trainer.optimizer;

/**
 * Sums over ranges of float32 values in float64, on eight lanes: element i of a range goes to lane
 * i mod 8 (what is left over at the end to lane 0), and at last the lanes are added in pairs of
 * neighbours. One running sum would wait for each addition before it begins the next; lanes do not,
 * and their order is fixed. Stateless.
 */
final class LaneSums {
  private static final int LANES = 8;

  private LaneSums() {}

  /** Σ x² over [from, to). */
  static double squares(float[] values, int from, int to) {
    double s0 = 0.0;
    double s1 = 0.0;
    double s2 = 0.0;
    double s3 = 0.0;
    double s4 = 0.0;
    double s5 = 0.0;
    double s6 = 0.0;
    double s7 = 0.0;
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      s0 += square(values[i]);
      s1 += square(values[i + 1]);
      s2 += square(values[i + 2]);
      s3 += square(values[i + 3]);
      s4 += square(values[i + 4]);
      s5 += square(values[i + 5]);
      s6 += square(values[i + 6]);
      s7 += square(values[i + 7]);
    }
    for (; i < to; i++) {
      s0 += square(values[i]);
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }

  /** Σ |x| over [from, to). */
  static double absolutes(float[] values, int from, int to) {
    double s0 = 0.0;
    double s1 = 0.0;
    double s2 = 0.0;
    double s3 = 0.0;
    double s4 = 0.0;
    double s5 = 0.0;
    double s6 = 0.0;
    double s7 = 0.0;
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      s0 += Math.abs(values[i]);
      s1 += Math.abs(values[i + 1]);
      s2 += Math.abs(values[i + 2]);
      s3 += Math.abs(values[i + 3]);
      s4 += Math.abs(values[i + 4]);
      s5 += Math.abs(values[i + 5]);
      s6 += Math.abs(values[i + 6]);
      s7 += Math.abs(values[i + 7]);
    }
    for (; i < to; i++) {
      s0 += Math.abs(values[i]);
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }

  private static double square(float x) {
    return (double) x * x;
  }
}
