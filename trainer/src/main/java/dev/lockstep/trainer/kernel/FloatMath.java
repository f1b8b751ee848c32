package dev.lockstep.trainer.kernel;

/**
 * Transcendental functions in float32 arithmetic: fast, and the same bits on every machine and
 * every compilation tier, which {@link Math} does not promise.
 *
 * <p>Only sums, products, quotients and bit moves are used, all of which Java defines exactly.
 * Stateless; safe on any thread.
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // The coefficients stand as they were published.
public final class FloatMath {
  private static final float LOG2_E = 1.44269504088896341f;
  // ln 2 in two parts: k · LN2_HIGH is exact for the k that occur (Cody and Waite).
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  // Adding and taking away 1.5 · 2^23 rounds to the nearest integer.
  private static final float ROUNDER = 12582912f;
  // Just below 127.5 · ln 2, so that k stays at most 127 and 2^k finite.
  private static final float EXP_MAX = 88.37f;
  private static final float EXP_MIN = -87.3365447504f;
  // Where the approximation reaches 1; further out it would pass it.
  private static final float TANH_MAX = 7.90531110763549805f;
  private static final float TANH_LINEAR = 4e-4f;

  private FloatMath() {}

  /**
   * e^x. Relative error at most 1e-7 for |x| ≤ 87; below -87.33 the result is 2^-126 rather than a
   * subnormal number or 0, from 88.37 on it is about 2.4e38 rather than infinity; NaN gives NaN.
   *
   * <p>Source: range reduction of Cody and Waite (1980) and the minimax polynomial of the Cephes
   * library (Moshier), {@code expf.c}.
   */
  public static float exp(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    float clamped = Math.min(EXP_MAX, Math.max(EXP_MIN, x));
    float k = clamped * LOG2_E + ROUNDER - ROUNDER;
    float r = clamped - k * LN2_HIGH - k * LN2_LOW;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    float y = p * (r * r) + r + 1f;
    return y * Float.intBitsToFloat(((int) k + 127) << 23);
  }

  /**
   * 1/(1 + e^-x), by whichever of the two equal forms does not overflow. Relative error at most
   * 2e-7 for |x| ≤ 87.
   */
  public static float sigmoid(float x) {
    float e = exp(-Math.abs(x));
    return (x >= 0f ? 1f : e) / (1f + e);
  }

  /**
   * tanh x. Absolute error at most 4.2e-7; never beyond ±1, and ±1 from ±7.91 on.
   *
   * <p>Source: the rational minimax approximation x·P(x²)/Q(x²) of degree 13 over 6 that the Eigen
   * library uses for float32.
   */
  public static float tanh(float x) {
    if (Math.abs(x) < TANH_LINEAR) {
      return x;
    }
    float clamped = Math.min(TANH_MAX, Math.max(-TANH_MAX, x));
    float s = clamped * clamped;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s - 8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return clamped * p / q;
  }
}
