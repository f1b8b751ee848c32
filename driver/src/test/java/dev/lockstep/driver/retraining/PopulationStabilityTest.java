package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The index against values worked out by hand, and what chance makes of it. */
final class PopulationStabilityTest {
  /** p = 50.5/101 twice; q = 70.5/101, 30.5/101; 0.198020 (ln 1.396040 - ln 0.603960). */
  @Test
  void twoBins() {
    assertThat(PopulationStability.index(List.of(50L, 50L), List.of(70L, 30L)))
        .isCloseTo(0.198020 * (0.333640 + 0.504247), within(1e-5));
  }

  /**
   * Shares (10.5, 20.5, 30.5, 40.5)/102 and the reverse: 60/102 ln(40.5/10.5) + 20/102
   * ln(30.5/20.5).
   */
  @Test
  void fourBinsTurnedRound() {
    assertThat(PopulationStability.index(List.of(10L, 20L, 30L, 40L), List.of(40L, 30L, 20L, 10L)))
        .isCloseTo(
            60 / 102.0 * Math.log(40.5 / 10.5) + 20 / 102.0 * Math.log(30.5 / 20.5), within(1e-12));
  }

  @Test
  void anEmptyBinIsNoInfinity() {
    double index = PopulationStability.index(List.of(1000L, 0L), List.of(990L, 10L));
    assertThat(index).isBetween(0.02, 0.04);
    assertThat(PopulationStability.index(List.of(990L, 10L), List.of(1000L, 0L))).isEqualTo(index);
  }

  @Test
  void equalSharesHaveTheIndexZero() {
    assertThat(PopulationStability.index(List.of(3L, 7L, 0L), List.of(3L, 7L, 0L))).isZero();
    assertThat(PopulationStability.index(List.of(300L, 700L), List.of(600L, 1400L)))
        .isCloseTo(0.0, within(1e-6));
  }

  /**
   * χ² quantiles of a table: 27.877 for 9 and 10.828 for 1 degrees of freedom at 0.001. The
   * approximation is within 4 % of the latter, and closer the more bins there are.
   */
  @Test
  void chanceFollowsTheChiSquareDistribution() {
    assertThat(PopulationStability.byChance(1000, 500, 10, 0.001))
        .isCloseTo(27.877 * 3 / 1000, within(0.001));
    assertThat(PopulationStability.byChance(100, 100, 2, 0.001))
        .isCloseTo(10.828 * 2 / 100, within(0.04 * 10.828 * 2 / 100));
  }

  @Test
  void samplesOfOnePopulationExceedItAsRarelyAsItSays() {
    Random random = new Random(4);
    int above = 0;
    double limit = PopulationStability.byChance(400, 300, 10, 0.05);
    for (int round = 0; round < 4000; round++) {
      double index = PopulationStability.index(draw(random, 400), draw(random, 300));
      above += index > limit ? 1 : 0;
    }
    assertThat(above / 4000.0).isBetween(0.03, 0.07);
  }

  private static List<Long> draw(Random random, int rows) {
    Long[] counts = new Long[10];
    Arrays.fill(counts, 0L);
    for (int row = 0; row < rows; row++) {
      counts[random.nextInt(10)]++;
    }
    return List.of(counts);
  }
}
