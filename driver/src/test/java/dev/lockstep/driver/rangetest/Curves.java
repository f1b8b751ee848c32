package dev.lockstep.driver.rangetest;

import dev.lockstep.trainer.schedule.RateSweep;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** Range tests whose loss is a known function of the rate. */
public final class Curves {
  /** Seven decades. */
  public static final RateSweep SWEEP = new RateSweep(1e-6, 10);

  private Curves() {}

  /** The curve of a loss over log₁₀ of the rate, until it diverges. */
  public static RateCurve of(int steps, DoubleUnaryOperator lossOverLog) {
    RateCurve curve = new RateCurve(steps);
    for (int step = 1; step <= steps && !curve.hasDiverged(); step++) {
      double rate = SWEEP.rate(1, new Schedule.Position(step, steps, 0));
      curve.add(rate, lossOverLog.applyAsDouble(Math.log10(rate)));
    }
    return curve;
  }

  /** 2.5 until 10⁻⁴, straight down to 0.25 at 10⁻¹, then up by 20 a decade. */
  public static double vee(double log) {
    return log < -4 ? 2.5 : log < -1 ? 2.5 - 0.75 * (log + 4) : 0.25 + 20 * (log + 1);
  }

  /** From 3 to 1 around {@code center}, without an end. */
  public static double slide(double log, double center) {
    return 1 + 2 / (1 + Math.exp(4 * (log - center)));
  }

  /** A loss with scatter, the same at every call of a test. */
  public static DoubleUnaryOperator scattered(DoubleUnaryOperator loss, double sigma) {
    Random random = new Random(11);
    return log -> loss.applyAsDouble(log) + sigma * random.nextGaussian();
  }
}
