package dev.lockstep.trainer.kernel;

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
    long hash = 17;
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
      float x = Float.intBitsToFloat((int) bits);
      hash = hash * 31 + Float.floatToIntBits(FloatMath.exp(x));
      hash = hash * 31 + Float.floatToIntBits(FloatMath.expm1(x));
      hash = hash * 31 + Float.floatToIntBits(FloatMath.erfc(x));
      hash = hash * 31 + Float.floatToIntBits(FloatMath.sigmoid(x));
      hash = hash * 31 + Float.floatToIntBits(FloatMath.tanh(x));
    }
    return hash;
  }
}
