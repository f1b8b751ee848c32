package dev.lockstep.driver.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuantilesTest {
  @Test
  void medianAndLowestTenth() {
    assertThat(Quantiles.median(new double[] {3, 1, 2})).isEqualTo(2);
    assertThat(Quantiles.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
    assertThat(Quantiles.lowestTenth(new double[] {5, 4, 3})).isEqualTo(3);
    double[] hundred = new double[100];
    for (int i = 0; i < hundred.length; i++) {
      hundred[i] = 100 - i;
    }
    assertThat(Quantiles.lowestTenth(hundred)).isEqualTo(10);
  }
}
