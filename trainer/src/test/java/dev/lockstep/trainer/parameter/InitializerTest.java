package dev.lockstep.trainer.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.Initializer.Draw;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InitializerTest {
  private static final int FAN_IN = 30;
  private static final int FAN_OUT = 50;
  private static final int SAMPLES = 100_000;

  /** An initializer, the variance that its law has for 30 inputs and 50 outputs, and its bound. */
  private record Law(Initializer initializer, double variance, double bound) {}

  static List<Law> laws() {
    double none = Double.POSITIVE_INFINITY;
    return List.of(
        new Law(new Initializer.Zeros(), 0.0, 0.0),
        new Law(new Initializer.Normal(0.01), 1e-4, none),
        new Law(new Initializer.Xavier(), 1.0 / 30, none),
        new Law(new Initializer.XavierSum(), 1.0 / 80, none),
        new Law(new Initializer.GlorotNormal(), 1.0 / 40, none),
        new Law(new Initializer.GlorotUniform(), 1.0 / 40, Math.sqrt(6.0 / 80)),
        new Law(new Initializer.He(), 1.0 / 15, none),
        new Law(new Initializer.HeUniform(), 1.0 / 15, Math.sqrt(6.0 / 30)));
  }

  @Test
  void everyInitializerIsCovered() {
    Set<Class<?>> covered = new HashSet<>();
    laws().forEach(law -> covered.add(law.initializer().getClass()));
    assertThat(covered).containsExactlyInAnyOrder(Initializer.class.getPermittedSubclasses());
  }

  /**
   * Within five standard errors: σ/√n for the mean, σ²·√(2/n) for a normal variance (a uniform one
   * has less).
   */
  @ParameterizedTest
  @MethodSource("laws")
  void sampleHasTheMeanVarianceAndBoundsOfItsLaw(Law law) {
    double sum = 0.0;
    double squares = 0.0;
    double largest = 0.0;
    for (int element = 0; element < SAMPLES; element++) {
      double weight = law.initializer().weight(new Draw(3, 2, element), FAN_IN, FAN_OUT);
      sum += weight;
      squares += weight * weight;
      largest = Math.max(largest, Math.abs(weight));
    }
    double mean = sum / SAMPLES;
    assertThat(mean).isCloseTo(0.0, within(5 * Math.sqrt(law.variance() / SAMPLES)));
    assertThat(squares / SAMPLES - mean * mean)
        .isCloseTo(law.variance(), within(5 * law.variance() * Math.sqrt(2.0 / SAMPLES)));
    assertThat(largest).isLessThanOrEqualTo(law.bound());
    if (Double.isFinite(law.bound())) {
      assertThat(largest).as("reaches its bound").isGreaterThanOrEqualTo(0.999 * law.bound());
    }
  }

  @ParameterizedTest
  @MethodSource("laws")
  void drawDependsOnSeedLayerAndElementAlone(Law law) {
    Initializer initializer = law.initializer();
    double weight = initializer.weight(new Draw(3, 2, 10), FAN_IN, FAN_OUT);
    assertThat(initializer.weight(new Draw(3, 2, 10), FAN_IN, FAN_OUT)).isEqualTo(weight);
    if (!(initializer instanceof Initializer.Zeros)) {
      assertThat(initializer.weight(new Draw(4, 2, 10), FAN_IN, FAN_OUT)).isNotEqualTo(weight);
      assertThat(initializer.weight(new Draw(3, 1, 10), FAN_IN, FAN_OUT)).isNotEqualTo(weight);
      assertThat(initializer.weight(new Draw(3, 2, 11), FAN_IN, FAN_OUT)).isNotEqualTo(weight);
    }
  }

  @Test
  void firstParametersAreDrawnByPlaceAndBiasesAreZero() {
    Network network =
        new Network(
            List.of(Samples.dense(4), new LayerSpec.Relu(), Samples.dense(3)), Shape.vector(5));
    float[] values = network.initialParameters(9).values();
    ParameterWindow second = network.layout().windows().get(2);
    assertThat(second.name()).isEqualTo("2.weight");
    for (int element = 0; element < second.length(); element++) {
      assertThat(values[second.offset() + element])
          .isEqualTo((float) new Initializer.He().weight(new Draw(9, 2, element), 4, 3));
    }
    for (int bias : new int[] {1, 3}) {
      ParameterWindow window = network.layout().windows().get(bias);
      assertThat(Arrays.copyOfRange(values, window.offset(), window.end())).containsOnly(0f);
    }
    assertThat(network.initialParameters(9).values()).isEqualTo(values);
    assertThat(network.initialParameters(10).values()).isNotEqualTo(values);
  }
}
