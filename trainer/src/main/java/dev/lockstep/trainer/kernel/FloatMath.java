package dev.lockstep.trainer.kernel;

/**
 * Transcendental functions in float32 arithmetic: fast, and the same bits on every machine and
 * every compilation tier, which {@link Math} does not promise.
 *
 * <p>Only sums, products, quotients and bit moves are used, all of which Java defines exactly.
 *
 * <p>The functions of arrays overwrite y[from .. to) with f(x); x and y are two arrays. Their loops
 * have one index and no branch, and choices are made by min, max and products with 0 or 1, so that
 * HotSpot compiles them into vector instructions. Only the bit moves that make powers of two it
 * does not, so these have a loop of their own, for which y is the memory between the others. Ranges
 * that fit a core's first cache are best. Stateless; safe on any thread.
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
  // The first float32 above -126 ln 2: below it e^x would be subnormal, which is slow.
  private static final float EXP_MIN = -87.33654f;
  // Where the approximation reaches 1; further out it would pass it.
  private static final float TANH_MAX = 7.90531110763549805f;
  private static final float SQRT_HALF = (float) 0.7071067811865476;
  // Its square takes even the smallest positive number above 1.
  private static final float HUGE = 0x1p126f;

  private FloatMath() {}

  /**
   * e^x. Relative error at most 1e-7 for |x| ≤ 87; below -87.33 the result is about 2^-126, not a
   * subnormal number or 0, from 88.37 on it is about 2.4e38 rather than infinity; NaN gives NaN.
   *
   * <p>Source: range reduction of Cody and Waite (1980) and the minimax polynomial of the Cephes
   * library (Moshier), {@code expf.c}.
   */
  public static float exp(float x) {
    float clamped = clamp(x);
    return (reducedExpm1(clamped) + 1f) * powerOfTwo(shifted(clamped));
  }

  /** {@link #exp(float)} of every element, to the same bits. */
  public static void exp(float[] x, float[] y, int from, int to) {
    powersOfTwo(x, 1f, y, from, to);
    for (int i = from; i < to; i++) {
      y[i] = (reducedExpm1(clamp(x[i])) + 1f) * y[i];
    }
  }

  /** {@link #exp(float)} of every {@code x - shift}, to the same bits; y may not be x. */
  public static void exp(float[] x, float shift, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = shifted(clamp(x[i] - shift));
    }
    powersOfTwo(y, from, to);
    for (int i = from; i < to; i++) {
      y[i] = (reducedExpm1(clamp(x[i] - shift)) + 1f) * y[i];
    }
  }

  /**
   * e^x - 1 without the cancellation near 0. Relative error at most 2e-7 for 1e-37 ≤ |x| ≤ 87; -1
   * from about -17 on; from 88.37 on it is about 2.4e38 rather than infinity; NaN gives NaN.
   *
   * <p>As {@link #exp(float)}: with e^x = 2^k (1 + q) the result is 2^k q + (2^k - 1), and 2^k - 1
   * is exact wherever the two terms are of the same size.
   */
  public static void expm1(float[] x, float[] y, int from, int to) {
    powersOfTwo(x, 1f, y, from, to);
    for (int i = from; i < to; i++) {
      float scale = y[i];
      y[i] = reducedExpm1(clamp(x[i])) * scale + (scale - 1f);
    }
  }

  /**
   * 1/(1 + e^-x). Relative error at most 2e-7 for |x| ≤ 87; below -88.37 about 4e-39. NaN gives
   * NaN.
   */
  public static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }

  /** {@link #sigmoid(float)} of every element, to the same bits. */
  public static void sigmoid(float[] x, float[] y, int from, int to) {
    powersOfTwo(x, -1f, y, from, to);
    for (int i = from; i < to; i++) {
      y[i] = 1f / (1f + (reducedExpm1(clamp(-x[i])) + 1f) * y[i]);
    }
  }

  /**
   * e^(-x²/2). Relative error at most 2e-7 + 6e-8 x² down to 2^-126, below which the result stays
   * there. NaN gives NaN.
   */
  public static void gaussian(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = shifted(clamp(-0.5f * (x[i] * x[i])));
    }
    powersOfTwo(y, from, to);
    for (int i = from; i < to; i++) {
      y[i] = (reducedExpm1(clamp(-0.5f * (x[i] * x[i]))) + 1f) * y[i];
    }
  }

  /**
   * Distribution function of the standard normal law, Φ(x) = ½ erfc(-x/√2). Absolute error at most
   * 1.25e-7; relative error at most 1e-6 for x ≥ -5.65 and at most 5e-6 for x ≥ -12.7, so the tail
   * keeps its digits; below that the result stays below 1e-36 and above or at 0. NaN gives NaN.
   *
   * <p>With a = |x|/√2: for a &lt; ½, erfc a is 1 - a P(a²) with P of degree 4; else, with t = 1/(1
   * + 0.4 a), it is e^(-a²) t R(t) with R of degree 8; and erfc(-a) = 2 - erfc a. P and R are
   * minimax fits in relative error, to erf(a)/a on [0, ½] (1.4e-9) and to e^(a²) erfc(a)/t on [½,
   * 10] (4e-9), made for this class by iteratively reweighted least squares (Lawson) in float64.
   */
  public static void normal(float[] x, float[] y, int from, int to) {
    gaussian(x, y, from, to);
    for (int i = from; i < to; i++) {
      y[i] *= scaledTail(Math.abs(x[i]) * SQRT_HALF);
    }
    for (int i = from; i < to; i++) {
      float a = Math.abs(x[i]) * SQRT_HALF;
      float tail = y[i];
      // Exact: the sum of the tail and what it differs from the other formula is the other formula.
      float erfc = tail + isPositive(0.5f - a) * (center(Math.min(a, 0.5f)) - tail);
      y[i] = 0.5f * Math.max(erfc, isPositive(x[i]) * (2f - erfc));
    }
  }

  /** 1 for a number above 0, else 0. */
  private static float isPositive(float x) {
    return Math.min(1f, Math.max(0f, x) * HUGE * HUGE);
  }

  /** 1 - erf a for 0 ≤ a ≤ ½. */
  private static float center(float a) {
    float squared = a * a;
    float p = 0.0047179884277284145f;
    p = p * squared - 0.02675718441605568f;
    p = p * squared + 0.11282822489738464f;
    p = p * squared - 0.37612608075141907f;
    p = p * squared + 1.1283791065216064f;
    return 1f - a * p;
  }

  /** e^(a²) erfc a for a ≥ ½. */
  private static float scaledTail(float a) {
    float t = 1f / (1f + 0.4f * a);
    float p = 0.060180120170116425f;
    p = p * t - 0.22048647701740265f;
    p = p * t + 0.2281942069530487f;
    p = p * t - 0.055558402091264725f;
    p = p * t + 0.1659790724515915f;
    p = p * t + 0.16145049035549164f;
    p = p * t + 0.20900020003318787f;
    p = p * t + 0.22557395696640015f;
    p = p * t + 0.22567883133888245f;
    return p * t;
  }

  /**
   * tanh x. Absolute error at most 4.2e-7; never beyond ±1, and ±1 from ±7.91 on.
   *
   * <p>Source: the rational minimax approximation x·P(x²)/Q(x²) of degree 13 over 6 that the Eigen
   * library uses for float32.
   */
  public static void tanh(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      float clamped = Math.min(TANH_MAX, Math.max(-TANH_MAX, x[i]));
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
      y[i] = clamped * p / q;
    }
  }

  /** To where e^x is a normal number. */
  private static float clamp(float x) {
    return Math.min(EXP_MAX, Math.max(EXP_MIN, x));
  }

  /** k, the whole number of e^x = 2^k (1 + q), in the lowest bits of 1.5 · 2^23 + k. */
  private static float shifted(float clamped) {
    return clamped * LOG2_E + ROUNDER;
  }

  /** 2^k for k from -126 to 127 in the lowest bits of 1.5 · 2^23 + k. */
  private static float powerOfTwo(float shifted) {
    return Float.intBitsToFloat((Float.floatToRawIntBits(shifted) + 127) << 23);
  }

  /** q of e^x = 2^k (1 + q). */
  private static float reducedExpm1(float clamped) {
    float k = shifted(clamped) - ROUNDER;
    float r = clamped - k * LN2_HIGH - k * LN2_LOW;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r;
  }

  /** Overwrites y with the 2^k of e^(sign x). */
  private static void powersOfTwo(float[] x, float sign, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = shifted(clamp(sign * x[i]));
    }
    powersOfTwo(y, from, to);
  }

  private static void powersOfTwo(float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = powerOfTwo(y[i]);
    }
  }
}
