package dev.lockstep.trainer.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class FloatMathTest {
  /** Overwrites y[from .. to) with a function of x. */
  private interface ArrayFunction {
    void apply(float[] x, float[] y, int from, int to);
  }

  private interface Distance {
    double of(double actual, double expected);
  }

  /** One value, between others so that nothing outside the range may be touched. */
  private static float value(ArrayFunction function, float x) {
    float[] y = {77f, 77f, 77f};
    function.apply(new float[] {0f, x, 0f}, y, 1, 2);
    assertThat(y[0]).isEqualTo(77f);
    assertThat(y[2]).isEqualTo(77f);
    return y[1];
  }

  private static float[] values(ArrayFunction function, float[] x) {
    float[] y = new float[x.length];
    function.apply(x, y, 0, x.length);
    return y;
  }

  private static double worst(
      ArrayFunction function, DoubleUnaryOperator exact, Distance error, float[] x) {
    float[] y = values(function, x);
    double worst = 0.0;
    for (int i = 0; i < x.length; i++) {
      double e = error.of(y[i], exact.applyAsDouble(x[i]));
      worst = Math.max(worst, Double.isNaN(e) ? Double.POSITIVE_INFINITY : e);
    }
    return worst;
  }

  /**
   * The largest error over about {@code points} floats, evenly spread over the bit patterns between
   * {@code from} and {@code to}, both of one sign.
   */
  private static double worst(
      ArrayFunction function,
      DoubleUnaryOperator exact,
      Distance error,
      float from,
      float to,
      int points) {
    int first = Float.floatToIntBits(from);
    int last = Float.floatToIntBits(to);
    int stride = Math.max(1, (last - first) / points);
    float[] x = new float[(last - first + stride - 1) / stride];
    for (int i = 0; i < x.length; i++) {
      x[i] = Float.intBitsToFloat(first + i * stride);
    }
    return worst(function, exact, error, x);
  }

  /** As above, on an even grid of the number line. */
  private static double worstOnGrid(
      ArrayFunction function,
      DoubleUnaryOperator exact,
      Distance error,
      double from,
      double to,
      int points) {
    float[] x = new float[points + 1];
    for (int i = 0; i <= points; i++) {
      x[i] = (float) (from + (to - from) * i / points);
    }
    return worst(function, exact, error, x);
  }

  private static double relative(double actual, double expected) {
    return Math.abs(actual - expected) / Math.abs(expected);
  }

  private static double absolute(double actual, double expected) {
    return Math.abs(actual - expected);
  }

  private static double exactSigmoid(double x) {
    return 1.0 / (1.0 + Math.exp(-x));
  }

  @Test
  void exponentialKeepsItsRelativeErrorBound() {
    double positive =
        worst(FloatMath::exp, Math::exp, FloatMathTest::relative, Float.MIN_VALUE, 87f, 1_000_000);
    double negative =
        worst(FloatMath::exp, Math::exp, FloatMathTest::relative, -0f, -87f, 1_000_000);
    double grid =
        worstOnGrid(FloatMath::exp, Math::exp, FloatMathTest::relative, -87, 87, 2_000_000);
    assertThat(Math.max(grid, Math.max(positive, negative))).isLessThan(1e-7);
  }

  @Test
  void exponentialMinusOneKeepsItsRelativeErrorBound() {
    double positive =
        worst(FloatMath::expm1, Math::expm1, FloatMathTest::relative, 1e-37f, 87f, 1_000_000);
    double negative =
        worst(FloatMath::expm1, Math::expm1, FloatMathTest::relative, -1e-37f, -87f, 1_000_000);
    double grid =
        worstOnGrid(FloatMath::expm1, Math::expm1, FloatMathTest::relative, -2, 2, 1_999_999);
    assertThat(Math.max(grid, Math.max(positive, negative))).isLessThan(2e-7);
  }

  /**
   * By the series without cancellation below 2, by the continued fraction of Laplace above: both to
   * about 1e-15.
   */
  private static double exactErfc(double x) {
    if (x < 0.0) {
      return 2.0 - exactErfc(-x);
    }
    if (x < 2.0) {
      double term = x;
      double sum = x;
      for (int n = 1; n < 60; n++) {
        term *= 2.0 * x * x / (2 * n + 1);
        sum += term;
      }
      return 1.0 - 2.0 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
    double fraction = x;
    for (int n = 120; n > 0; n--) {
      fraction = x + 0.5 * n / fraction;
    }
    return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  }

  /**
   * Values from Abramowitz and Stegun, "Handbook of Mathematical Functions", tables 7.1 and 7.2.
   */
  @Test
  void theReferenceForTheErrorFunctionIsRight() {
    assertThat(1 - exactErfc(0.5)).isCloseTo(0.5204998778, within(1e-10));
    assertThat(1 - exactErfc(1.0)).isCloseTo(0.8427007929, within(1e-10));
    assertThat(1 - exactErfc(1.98)).isCloseTo(0.9948920004, within(1e-10));
    assertThat(exactErfc(2.0)).isCloseTo(0.0046777350, within(1e-10));
    assertThat(exactErfc(-0.5)).isCloseTo(1.5204998778, within(1e-10));
  }

  private static double exactNormal(double x) {
    return 0.5 * exactErfc(-x / Math.sqrt(2.0));
  }

  @Test
  void distributionFunctionKeepsItsErrorBounds() {
    ArrayFunction normal = FloatMath::normal;
    DoubleUnaryOperator exact = FloatMathTest::exactNormal;
    Distance absolute = FloatMathTest::absolute;
    Distance relative = FloatMathTest::relative;
    assertThat(worstOnGrid(normal, exact, absolute, -15, 15, 2_000_000)).isLessThan(1.25e-7);
    assertThat(worst(normal, exact, absolute, Float.MIN_VALUE, Float.MAX_VALUE, 300_000))
        .isLessThan(1.25e-7);
    assertThat(worst(normal, exact, absolute, -0f, -1.5f, 300_000)).isLessThan(1.25e-7);
    assertThat(worstOnGrid(normal, exact, relative, -5.65, 15, 1_000_000)).isLessThan(1e-6);
    assertThat(worstOnGrid(normal, exact, relative, -12.7, -5.65, 1_000_000)).isLessThan(5e-6);
  }

  @Test
  void distributionFunctionStaysWithinItsEnds() {
    for (float x : new float[] {12.8f, 17f, 1e10f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(value(FloatMath::normal, -x)).isBetween(0f, 1e-36f);
      assertThat(value(FloatMath::normal, x)).isEqualTo(1f);
    }
    assertThat(value(FloatMath::normal, 0f)).isEqualTo(0.5f);
    assertThat(value(FloatMath::normal, -0f)).isEqualTo(0.5f);
  }

  /** The rounding of x² is an error of the exponent, so the bound grows with it. */
  @Test
  void gaussianKeepsItsErrorBound() {
    DoubleUnaryOperator exact = x -> Math.exp(-0.5 * x * x);
    for (double x = 0; x < 13; x += 0.5) {
      double bound = 2e-7 + 6e-8 * (x + 0.5) * (x + 0.5);
      assertThat(
              worstOnGrid(FloatMath::gaussian, exact, FloatMathTest::relative, x, x + 0.5, 100_000))
          .isLessThan(bound);
    }
    assertThat(value(FloatMath::gaussian, 0f)).isEqualTo(1f);
    for (float x : new float[] {-14f, 1e10f, Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
      assertThat(value(FloatMath::gaussian, x)).isBetween(0f, 1.1f * Float.MIN_NORMAL);
    }
  }

  @Test
  void sigmoidKeepsItsRelativeErrorBound() {
    double positive =
        worst(
            FloatMath::sigmoid,
            FloatMathTest::exactSigmoid,
            FloatMathTest::relative,
            Float.MIN_VALUE,
            87f,
            1_000_000);
    double negative =
        worst(
            FloatMath::sigmoid,
            FloatMathTest::exactSigmoid,
            FloatMathTest::relative,
            -0f,
            -87f,
            1_000_000);
    double grid =
        worstOnGrid(
            FloatMath::sigmoid,
            FloatMathTest::exactSigmoid,
            FloatMathTest::relative,
            -87,
            87,
            2_000_000);
    assertThat(Math.max(grid, Math.max(positive, negative))).isLessThan(2e-7);
  }

  @Test
  void hyperbolicTangentKeepsItsAbsoluteErrorBound() {
    double positive =
        worst(
            FloatMath::tanh,
            Math::tanh,
            FloatMathTest::absolute,
            Float.MIN_VALUE,
            Float.MAX_VALUE,
            1_000_000);
    double negative =
        worst(
            FloatMath::tanh, Math::tanh, FloatMathTest::absolute, -0f, -Float.MAX_VALUE, 1_000_000);
    double grid =
        worstOnGrid(FloatMath::tanh, Math::tanh, FloatMathTest::absolute, -10, 10, 2_000_000);
    assertThat(Math.max(grid, Math.max(positive, negative))).isLessThan(4.2e-7);
  }

  @Test
  void exponentialIsFiniteAndPositiveEverywhere() {
    for (float x : new float[] {Float.NEGATIVE_INFINITY, -Float.MAX_VALUE, -1000f, -104f, -87.4f}) {
      assertThat(value(FloatMath::exp, x))
          .isBetween(0.9f * Float.MIN_NORMAL, 1.1f * Float.MIN_NORMAL);
    }
    for (float x :
        new float[] {
          88.3f, 88.37f, 88.38f, 88.7f, 89f, 1000f, Float.MAX_VALUE, Float.POSITIVE_INFINITY
        }) {
      assertThat(value(FloatMath::exp, x)).isBetween(2e38f, 2.5e38f);
    }
    for (int bits = Float.floatToIntBits(88f); bits < Float.floatToIntBits(89f); bits++) {
      assertThat(value(FloatMath::exp, Float.intBitsToFloat(bits))).isFinite();
    }
  }

  @Test
  void fixedPointsAreExact() {
    assertThat(value(FloatMath::exp, 0f)).isEqualTo(1f);
    assertThat(value(FloatMath::exp, -0f)).isEqualTo(1f);
    assertThat(value(FloatMath::expm1, 0f)).isEqualTo(0f);
    assertThat(value(FloatMath::expm1, -0f)).isZero();
    assertThat(value(FloatMath::expm1, -17.4f)).isEqualTo(-1f);
    assertThat(value(FloatMath::expm1, Float.NEGATIVE_INFINITY)).isEqualTo(-1f);
    assertThat(value(FloatMath::expm1, Float.POSITIVE_INFINITY)).isBetween(2e38f, 2.5e38f);
    assertThat(value(FloatMath::sigmoid, 0f)).isEqualTo(0.5f);
    assertThat(value(FloatMath::tanh, 0f)).isEqualTo(0f);
    assertThat(Float.floatToIntBits(value(FloatMath::tanh, -0f)))
        .isEqualTo(Float.floatToIntBits(-0f));
  }

  @Test
  void sigmoidStaysWithinItsEnds() {
    for (float x = -200f; x <= 200f; x += 0.013f) {
      assertThat(value(FloatMath::sigmoid, x)).isBetween(0f, 1f);
    }
    assertThat(value(FloatMath::sigmoid, Float.POSITIVE_INFINITY)).isEqualTo(1f);
    assertThat(value(FloatMath::sigmoid, Float.NEGATIVE_INFINITY)).isBetween(0f, 2e-38f);
    assertThat(value(FloatMath::sigmoid, 40f)).isEqualTo(1f);
  }

  /**
   * Where the true function is flat to float precision, a slope of the wrong sign or a value beyond
   * 1 would give a derivative 1 - y² below 0.
   */
  @Test
  void hyperbolicTangentIsOddAndNeverBeyondOne() {
    for (int bits = 0; bits < Float.floatToIntBits(20f); bits += 577) {
      float x = Float.intBitsToFloat(bits);
      assertThat(value(FloatMath::tanh, x)).isBetween(0f, 1f);
      assertThat(value(FloatMath::tanh, -x)).isEqualTo(-value(FloatMath::tanh, x));
    }
    for (float x : new float[] {7.91f, 9f, 9.01f, 100f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(value(FloatMath::tanh, x)).isEqualTo(1f);
      assertThat(value(FloatMath::tanh, -x)).isEqualTo(-1f);
    }
  }

  /**
   * The exponential rises from step to step; the others nowhere fall by more than twice their
   * documented error.
   */
  @Test
  void allFunctionsAreMonotone() {
    float[] x = new float[60_000];
    for (int i = 0; i < x.length; i++) {
      x[i] = -95f + i * 0.00317f;
    }
    float[] exp = values(FloatMath::exp, x);
    float[] expm1 = values(FloatMath::expm1, x);
    float[] normal = values(FloatMath::normal, x);
    float[] sigmoid = values(FloatMath::sigmoid, x);
    float[] tanh = values(FloatMath::tanh, x);
    for (int i = 1; i < x.length; i++) {
      assertThat(exp[i]).isGreaterThanOrEqualTo(exp[i - 1]);
      assertThat(expm1[i]).isGreaterThanOrEqualTo(expm1[i - 1] - 2.4e-7f);
      assertThat(normal[i]).isGreaterThanOrEqualTo(normal[i - 1] - 2.5e-7f);
      assertThat(sigmoid[i]).isGreaterThanOrEqualTo(sigmoid[i - 1] * (1 - 4e-7f));
      assertThat(tanh[i]).isGreaterThanOrEqualTo(tanh[i - 1] - 8.4e-7f);
    }
  }

  @Test
  void functionsOfOneNumberAndOfArraysGiveTheSameBits() {
    float[] x = new float[50_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = -100f + i * 0.004f;
    }
    float[] exp = values(FloatMath::exp, x);
    float[] moved =
        values((from, to, first, past) -> FloatMath.exp(from, 0.3f, to, first, past), x);
    float[] sigmoid = values(FloatMath::sigmoid, x);
    for (int i = 0; i < x.length; i++) {
      assertThat(exp[i]).isEqualTo(FloatMath.exp(x[i]));
      assertThat(moved[i]).isEqualTo(FloatMath.exp(x[i] - 0.3f));
      assertThat(sigmoid[i]).isEqualTo(FloatMath.sigmoid(x[i]));
    }
  }

  @Test
  void notANumberStaysNotANumber() {
    assertThat(value(FloatMath::exp, Float.NaN)).isNaN();
    assertThat(value(FloatMath::expm1, Float.NaN)).isNaN();
    assertThat(value(FloatMath::gaussian, Float.NaN)).isNaN();
    assertThat(value(FloatMath::normal, Float.NaN)).isNaN();
    assertThat(FloatMath.exp(Float.NaN)).isNaN();
    assertThat(FloatMath.sigmoid(Float.NaN)).isNaN();
    assertThat(value(FloatMath::sigmoid, Float.NaN)).isNaN();
    assertThat(value(FloatMath::tanh, Float.NaN)).isNaN();
  }

  @Test
  void interpreterAndCompilersGiveTheSameBits() throws Exception {
    for (int i = 0; i < 3; i++) {
      FloatMathBits.hash();
    }
    Process interpreted =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xint",
                "-cp",
                System.getProperty("java.class.path"),
                FloatMathBits.class.getName())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(interpreted.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(interpreted.waitFor()).isZero();
    assertThat(output).isEqualTo(Long.toString(FloatMathBits.hash()));
  }
}
