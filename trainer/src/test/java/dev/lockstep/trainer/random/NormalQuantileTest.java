package dev.lockstep.trainer.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalQuantileTest {
  /** Probabilities of the normal distribution as tables print them. */
  @ParameterizedTest
  @CsvSource({
    "0.5, 0",
    "0.841344746068543, 1",
    "0.95, 1.6448536269514722",
    "0.975, 1.959963984540054",
    "0.99, 2.3263478740408408",
    "0.977249868051821, 2",
    "0.99865010196837, 3",
    "0.9999683287581669, 4",
    "0.9999997133484281, 5",
    "0.9999999990134123, 6",
    "1e-12, -7.034483825301131"
  })
  void agreesWithTables(double probability, double quantile) {
    assertThat(NormalQuantile.of(probability)).isCloseTo(quantile, within(3e-7 * 7));
  }

  @Test
  void isOddAndGrows() {
    double last = Double.NEGATIVE_INFINITY;
    for (int i = 1; i < 4096; i++) {
      double quantile = NormalQuantile.of(i / 4096.0);
      assertThat(quantile).isGreaterThan(last);
      assertThat(NormalQuantile.of(1 - i / 4096.0)).isEqualTo(-quantile);
      last = quantile;
    }
  }

  @Test
  void theEndsOfA32BitDrawAreFinite() {
    assertThat(NormalQuantile.of(0x1.0p-33)).isCloseTo(-6.338, within(0.01));
    assertThat(NormalQuantile.of(1 - 0x1.0p-33)).isCloseTo(6.338, within(0.01));
  }
}
