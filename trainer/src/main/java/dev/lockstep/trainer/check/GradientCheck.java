package dev.lockstep.trainer.check;

import java.util.function.ToDoubleFunction;

/**
 * Compares an analytic gradient with central finite differences of a float64 objective. Stateless;
 * safe on any thread.
 */
public final class GradientCheck {
  /** The largest {@link #difference} of a right float32 gradient. */
  public static final double THRESHOLD = 1e-4;

  private static final double EPSILON = 1e-6;

  private GradientCheck() {}

  /**
   * gradapprox_i = (J(x + ε e_i) - J(x - ε e_i)) / 2ε for i in [from, to).
   *
   * @param point changed during the call and put back
   */
  public static double[] approximate(
      ToDoubleFunction<double[]> objective, double[] point, int from, int to) {
    double[] gradient = new double[to - from];
    for (int i = from; i < to; i++) {
      double x = point[i];
      double epsilon = EPSILON * Math.max(1.0, Math.abs(x));
      point[i] = x + epsilon;
      double above = objective.applyAsDouble(point);
      point[i] = x - epsilon;
      double below = objective.applyAsDouble(point);
      point[i] = x;
      gradient[i - from] = (above - below) / (2 * epsilon);
    }
    return gradient;
  }

  /**
   * ‖gradient - approximation‖₂ / (‖gradient‖₂ + ‖approximation‖₂) for gradient[offset ...]; 0
   * where both are 0.
   */
  public static double difference(float[] gradient, int offset, double[] approximation) {
    double apart = 0.0;
    double first = 0.0;
    double second = 0.0;
    for (int i = 0; i < approximation.length; i++) {
      double g = gradient[offset + i];
      apart += (g - approximation[i]) * (g - approximation[i]);
      first += g * g;
      second += approximation[i] * approximation[i];
    }
    double size = Math.sqrt(first) + Math.sqrt(second);
    return size == 0.0 ? 0.0 : Math.sqrt(apart) / size;
  }

  /** The values as float64. */
  public static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
