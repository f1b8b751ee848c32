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
    return (reducedExpm1(clamped - k * LN2_HIGH - k * LN2_LOW) + 1f) * powerOfTwo(k);
  }

  /**
   * e^x - 1 without the cancellation near 0. Relative error at most 2e-7 for 1e-37 ≤ |x| ≤ 87; -1
   * from about -17 on; from 88.37 on it is about 2.4e38 rather than infinity; NaN gives NaN.
   *
   * <p>As {@link #exp}: with e^x = 2^k (1 + q) the result is 2^k q + (2^k - 1), and 2^k - 1 is
   * exact wherever the two terms are of the same size.
   */
  public static float expm1(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    float clamped = Math.min(EXP_MAX, Math.max(EXP_MIN, x));
    float k = clamped * LOG2_E + ROUNDER - ROUNDER;
    float scale = powerOfTwo(k);
    return reducedExpm1(clamped - k * LN2_HIGH - k * LN2_LOW) * scale + (scale - 1f);
  }

  /** e^r - 1 for |r| ≤ ½ ln 2. */
  private static float reducedExpm1(float r) {
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r;
  }

  /** 2^k for whole k from -126 to 127. */
  private static float powerOfTwo(float k) {
    return Float.intBitsToFloat(((int) k + 127) << 23);
  }

  /**
   * Complementary error function erfc x = 1 - erf x = 2/√π ∫ e^(-u²) du over u from x on. Absolute
   * error at most 2.5e-7; relative error at most 1e-6 for x ≤ 4 and at most 5e-6 for x ≤ 9, so the
   * tail keeps its digits; beyond that the result stays below 1e-36 and above or at 0. NaN gives
   * NaN.
   *
   * <p>For |x| &lt; ½ it is 1 - x P(x²) with P of degree 4; else, with a = |x| and t = 1/(1 + 0.4
   * a), erfc a = e^(-a²) t R(t) with R of degree 8, and erfc(-a) = 2 - erfc a. P and R are minimax
   * fits in relative error, to erf(x)/x on [0, ½] (1.4e-9) and to e^(a²) erfc(a)/t on [½, 10]
   * (4e-9), made for this class by iteratively reweighted least squares (Lawson) in float64.
   */
  public static float erfc(float x) {
    float squared = x * x;
    if (squared < 0.25f) {
      float p = 0.0047179884277284145f;
      p = p * squared - 0.02675718441605568f;
      p = p * squared + 0.11282822489738464f;
      p = p * squared - 0.37612608075141907f;
      p = p * squared + 1.1283791065216064f;
      return 1f - x * p;
    }
    float t = 1f / (1f + 0.4f * Math.abs(x));
    float p = 0.060180120170116425f;
    p = p * t - 0.22048647701740265f;
    p = p * t + 0.2281942069530487f;
    p = p * t - 0.055558402091264725f;
    p = p * t + 0.1659790724515915f;
    p = p * t + 0.16145049035549164f;
    p = p * t + 0.20900020003318787f;
    p = p * t + 0.22557395696640015f;
    p = p * t + 0.22567883133888245f;
    float tail = exp(-squared) * (p * t);
    return x < 0f ? 2f - tail : tail;
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
