package dev.lockstep.trainer.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class FloatMathTest {
  private interface FloatFunction {
    float of(float x);
  }

  private interface Distance {
    double of(double actual, double expected);
  }

  /**
   * The largest error over about {@code points} floats, evenly spread over the bit patterns between
   * {@code from} and {@code to}, both of one sign.
   */
  private static double worst(
      FloatFunction function,
      DoubleUnaryOperator exact,
      Distance error,
      float from,
      float to,
      int points) {
    int first = Float.floatToIntBits(from);
    int last = Float.floatToIntBits(to);
    int stride = Math.max(1, (last - first) / points);
    double worst = 0.0;
    for (int bits = first; bits < last; bits += stride) {
      float x = Float.intBitsToFloat(bits);
      double e = error.of(function.of(x), exact.applyAsDouble(x));
      worst = Math.max(worst, Double.isNaN(e) ? Double.POSITIVE_INFINITY : e);
    }
    return worst;
  }

  /** As above, on an even grid of the number line. */
  private static double worstOnGrid(
      FloatFunction function,
      DoubleUnaryOperator exact,
      Distance error,
      double from,
      double to,
      int points) {
    double worst = 0.0;
    for (int i = 0; i <= points; i++) {
      float x = (float) (from + (to - from) * i / points);
      double e = error.of(function.of(x), exact.applyAsDouble(x));
      worst = Math.max(worst, Double.isNaN(e) ? Double.POSITIVE_INFINITY : e);
    }
    return worst;
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

  @Test
  void complementaryErrorFunctionKeepsItsErrorBounds() {
    FloatFunction erfc = FloatMath::erfc;
    DoubleUnaryOperator exact = FloatMathTest::exactErfc;
    assertThat(worstOnGrid(erfc, exact, FloatMathTest::absolute, -10, 10, 2_000_000))
        .isLessThan(2.5e-7);
    assertThat(worst(erfc, exact, FloatMathTest::absolute, Float.MIN_VALUE, 1f, 300_000))
        .isLessThan(2.5e-7);
    assertThat(worst(erfc, exact, FloatMathTest::absolute, -0f, -Float.MAX_VALUE, 300_000))
        .isLessThan(2.5e-7);
    assertThat(worstOnGrid(erfc, exact, FloatMathTest::relative, -10, 4, 1_000_000))
        .isLessThan(1e-6);
    assertThat(worstOnGrid(erfc, exact, FloatMathTest::relative, 4, 9, 1_000_000)).isLessThan(5e-6);
  }

  @Test
  void complementaryErrorFunctionStaysWithinItsEnds() {
    for (float x : new float[] {9.01f, 12f, 1e10f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(FloatMath.erfc(x)).isBetween(0f, 1e-36f);
      assertThat(FloatMath.erfc(-x)).isEqualTo(2f);
    }
    assertThat(FloatMath.erfc(0f)).isEqualTo(1f);
    assertThat(FloatMath.erfc(-0f)).isEqualTo(1f);
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
      assertThat(FloatMath.exp(x)).isBetween(0.9f * Float.MIN_NORMAL, 1.1f * Float.MIN_NORMAL);
    }
    for (float x :
        new float[] {
          88.3f, 88.37f, 88.38f, 88.7f, 89f, 1000f, Float.MAX_VALUE, Float.POSITIVE_INFINITY
        }) {
      assertThat(FloatMath.exp(x)).isBetween(2e38f, 2.5e38f);
    }
    for (int bits = Float.floatToIntBits(88f); bits < Float.floatToIntBits(89f); bits++) {
      assertThat(FloatMath.exp(Float.intBitsToFloat(bits))).isFinite();
    }
  }

  @Test
  void fixedPointsAreExact() {
    assertThat(FloatMath.exp(0f)).isEqualTo(1f);
    assertThat(FloatMath.exp(-0f)).isEqualTo(1f);
    assertThat(FloatMath.expm1(0f)).isEqualTo(0f);
    assertThat(FloatMath.expm1(-0f)).isZero();
    assertThat(FloatMath.expm1(-17.4f)).isEqualTo(-1f);
    assertThat(FloatMath.expm1(Float.NEGATIVE_INFINITY)).isEqualTo(-1f);
    assertThat(FloatMath.expm1(Float.POSITIVE_INFINITY)).isBetween(2e38f, 2.5e38f);
    assertThat(FloatMath.sigmoid(0f)).isEqualTo(0.5f);
    assertThat(FloatMath.tanh(0f)).isEqualTo(0f);
    assertThat(Float.floatToIntBits(FloatMath.tanh(-0f))).isEqualTo(Float.floatToIntBits(-0f));
  }

  @Test
  void sigmoidStaysWithinItsEnds() {
    for (float x = -200f; x <= 200f; x += 0.013f) {
      assertThat(FloatMath.sigmoid(x)).isBetween(0f, 1f);
    }
    assertThat(FloatMath.sigmoid(Float.POSITIVE_INFINITY)).isEqualTo(1f);
    assertThat(FloatMath.sigmoid(Float.NEGATIVE_INFINITY)).isBetween(0f, 2e-38f);
    assertThat(FloatMath.sigmoid(40f)).isEqualTo(1f);
  }

  /**
   * Where the true function is flat to float precision, a slope of the wrong sign or a value beyond
   * 1 would give a derivative 1 - y² below 0.
   */
  @Test
  void hyperbolicTangentIsOddAndNeverBeyondOne() {
    for (int bits = 0; bits < Float.floatToIntBits(20f); bits += 577) {
      float x = Float.intBitsToFloat(bits);
      assertThat(FloatMath.tanh(x)).isBetween(0f, 1f);
      assertThat(FloatMath.tanh(-x)).isEqualTo(-FloatMath.tanh(x));
    }
    for (float x : new float[] {7.91f, 9f, 9.01f, 100f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(FloatMath.tanh(x)).isEqualTo(1f);
      assertThat(FloatMath.tanh(-x)).isEqualTo(-1f);
    }
  }

  /**
   * The exponential rises from step to step; the others nowhere fall (erfc: rise) by more than
   * twice their documented error.
   */
  @Test
  void allFunctionsAreMonotone() {
    for (float x = -95f; x < 95f; x += 0.003f) {
      float next = x + 0.003f;
      assertThat(FloatMath.exp(next)).isGreaterThanOrEqualTo(FloatMath.exp(x));
      assertThat(FloatMath.expm1(next)).isGreaterThanOrEqualTo(FloatMath.expm1(x) - 2.4e-7f);
      assertThat(FloatMath.erfc(next)).isLessThanOrEqualTo(FloatMath.erfc(x) + 5e-7f);
      assertThat(FloatMath.sigmoid(next))
          .isGreaterThanOrEqualTo(FloatMath.sigmoid(x) * (1 - 4e-7f));
      assertThat(FloatMath.tanh(next)).isGreaterThanOrEqualTo(FloatMath.tanh(x) - 8.4e-7f);
    }
  }

  @Test
  void notANumberStaysNotANumber() {
    assertThat(FloatMath.exp(Float.NaN)).isNaN();
    assertThat(FloatMath.expm1(Float.NaN)).isNaN();
    assertThat(FloatMath.erfc(Float.NaN)).isNaN();
    assertThat(FloatMath.sigmoid(Float.NaN)).isNaN();
    assertThat(FloatMath.tanh(Float.NaN)).isNaN();
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
