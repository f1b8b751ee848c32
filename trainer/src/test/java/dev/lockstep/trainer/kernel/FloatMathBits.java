package dev.lockstep.trainer.kernel;

import java.util.Arrays;

/**
 * Prints a hash over the bits of all functions of {@link FloatMath} at many points: started as a
 * program of its own, so that it can run without the compilers.
 */
final class FloatMathBits {
  private static final int STEP = 40_009;

  private FloatMathBits() {}

  public static void main(String[] arguments) {
    System.out.println(hash());
  }

  /** A hash of the results at every {@value #STEP}-th float32 bit pattern. */
  static long hash() {
    float[] x = new float[(int) ((1L << 32) / STEP) + 1];
    for (int i = 0; i < x.length; i++) {
      x[i] = Float.intBitsToFloat((int) (Integer.MIN_VALUE + (long) i * STEP));
    }
    float[] y = new float[x.length];
    long hash = 17;
    FloatMath.exp(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    FloatMath.expm1(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    FloatMath.gaussian(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    FloatMath.normal(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    FloatMath.sigmoid(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    FloatMath.tanh(x, y, 0, x.length);
    hash = hash * 31 + Arrays.hashCode(y);
    for (float value : x) {
      hash = hash * 31 + Float.floatToIntBits(FloatMath.exp(value));
      hash = hash * 31 + Float.floatToIntBits(FloatMath.sigmoid(value));
    }
    return hash;
  }
}
