package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {
  private static float value(Activation function, float z) {
    float[] y = new float[1];
    function.apply(new float[] {z}, y, 0, 1);
    return y[0];
  }

  private static float derivative(Activation function, float z) {
    float[] y = new float[1];
    function.apply(new float[] {z}, y, 0, 1);
    float[] dz = new float[1];
    function.backward(new float[] {z}, y, new float[] {1f}, dz, 0, 1);
    return dz[0];
  }

  /**
   * Worked with 30 digits from the definitions, Φ from a table: Φ(1) = 0.841344746, Φ(-3) =
   * 0.00134989803.
   */
  @ParameterizedTest
  @CsvSource({
    "RELU, 1.5, 1.5, 1",
    "RELU, -2, 0, 0",
    "RELU, 0, 0, 0",
    "LEAKY_RELU, 3, 3, 1",
    "LEAKY_RELU, -2, -0.02, 0.01",
    "ELU, 3, 3, 1",
    "ELU, -1, -0.63212056, 0.36787944",
    "ELU, -1e-6, -9.999995e-7, 0.999999",
    "ELU, -12, -0.99999386, 6.1442124e-6",
    "GELU, 1, 0.84134475, 1.0833155",
    "GELU, -3, -0.0040496941, -0.011945647",
    "GELU, 0, 0, 0.5",
    "SILU, 1, 0.73105858, 0.92767051",
    "SILU, -1, -0.26894142, 0.072329488",
    "SILU, -20, -4.1223072e-8, -3.9161918e-8",
    "TANH, 0.5, 0.46211716, 0.78644773",
    "SIGMOID, 2, 0.88079708, 0.10499359"
  })
  void valuesAndDerivativesWorkedByHand(Activation function, float z, float y, float slope) {
    assertThat(value(function, z)).isCloseTo(y, within(2e-6f * Math.abs(y)));
    assertThat(derivative(function, z)).isCloseTo(slope, within(2e-6f * Math.abs(slope)));
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void farOutValuesAndDerivativesAreFiniteAndTakeTheirLimits(Activation function) {
    boolean saturates = function == Activation.TANH || function == Activation.SIGMOID;
    for (float z : new float[] {50f, 100f, 1e10f, 3e38f}) {
      assertThat(value(function, z)).isEqualTo(saturates ? 1f : z);
      assertThat(derivative(function, z)).isEqualTo(saturates ? 0f : 1f);
      boolean leaks = function == Activation.LEAKY_RELU;
      float limit =
          function == Activation.TANH || function == Activation.ELU ? -1f : leaks ? 0.01f * -z : 0f;
      assertThat(value(function, -z)).isCloseTo(limit, within(1e-19f + Math.abs(limit) * 1e-7f));
      assertThat(derivative(function, -z)).isCloseTo(leaks ? 0.01f : 0f, within(1e-19f));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void notANumberIsPassedOnOrTurnsUpInTheValue(Activation function) {
    assertThat(value(function, Float.NaN)).isNaN();
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void onlyTheRangeIsTouched(Activation function) {
    float[] z = {1, -2, 3, -4};
    float[] y = new float[4];
    Arrays.fill(y, 77f);
    function.apply(z, y, 1, 3);
    assertThat(y[0]).isEqualTo(77f);
    assertThat(y[3]).isEqualTo(77f);
    assertThat(y[1]).isNotEqualTo(77f);
    float[] dz = new float[4];
    Arrays.fill(dz, 77f);
    function.backward(z, y, new float[] {1, 1, 1, 1}, dz, 1, 3);
    assertThat(dz[0]).isEqualTo(77f);
    assertThat(dz[3]).isEqualTo(77f);
    assertThat(dz[2]).isNotEqualTo(77f);
  }

  /** y/z = (e^z - 1)/z → 1 + z/2. */
  @Test
  void eluKeepsItsDigitsNearZero() {
    for (float z = -1e-3f; z < -1e-30f; z *= 0.7f) {
      assertThat(value(Activation.ELU, z) / z).isCloseTo(1f + z / 2f, within(4e-7f));
    }
  }
}
