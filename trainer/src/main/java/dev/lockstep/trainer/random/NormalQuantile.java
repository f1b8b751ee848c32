package dev.lockstep.trainer.random;

/**
 * The quantile function of the standard normal distribution: turns one uniform draw into one normal
 * draw with a few multiplications. Relative error about 1e-7.
 *
 * <p>Source: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
 * Statistics 37 (1988), routine PPND7. Only {@link StrictMath} and exactly defined operations are
 * used, so the bits are the same everywhere.
 */
public final class NormalQuantile {
  private static final double CENTER = 0.425;
  private static final double CENTER_SQUARED = 0.180625;
  private static final double TAIL = 5.0;

  private NormalQuantile() {}

  /** The number below which a standard normal variable lies with probability p, 0 &lt; p &lt; 1. */
  public static double of(double p) {
    double q = p - 0.5;
    if (Math.abs(q) <= CENTER) {
      double r = CENTER_SQUARED - q * q;
      return q
          * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
          / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
    }
    double r = Math.sqrt(-StrictMath.log(q < 0 ? p : 1 - p));
    double magnitude;
    if (r <= TAIL) {
      r -= 1.6;
      magnitude =
          (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777)
              / ((0.12021132975 * r + 0.73700164250) * r + 1.0);
    } else {
      r -= TAIL;
      magnitude =
          (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150)
              / ((0.012258202635 * r + 0.24197894225) * r + 1.0);
    }
    return q < 0 ? -magnitude : magnitude;
  }
}
