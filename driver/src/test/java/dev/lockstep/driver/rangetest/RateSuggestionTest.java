package dev.lockstep.driver.rangetest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RateSuggestionTest {
  private static RateSuggestion of(int steps, DoubleUnaryOperator lossOverLog) {
    return RateSuggestion.of(Curves.of(steps, lossOverLog));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.2})
  void ofAVeeTheMinimumIsTheTurn(double scatter) {
    RateSuggestion suggestion = of(500, Curves.scattered(Curves::vee, scatter));
    assertThat(suggestion.minimum().smoothedRate()).isBetween(0.02, 0.1);
    assertThat(suggestion.tenthOfMinimum()).isEqualTo(suggestion.minimum().smoothedRate() / 10);
    assertThat(suggestion.steepest().smoothedRate()).isBetween(1e-4, 0.1);
    assertThat(suggestion.rate()).isBetween(0.002, 0.05);
  }

  @Test
  void theLargerReadingIsSuggested() {
    RateSuggestion early = of(500, log -> log < -1 ? Curves.slide(log, -4) - 0.1 * log : 20);
    assertThat(early.rate()).isGreaterThan(early.steepest().smoothedRate());
    assertThat(early.rate() / early.tenthOfMinimum()).isBetween(0.95, 1.05);
    assertThat(early.reason()).contains("safe distance");
    RateSuggestion late = of(500, log -> log < -1 ? Curves.slide(log, -2) : 20);
    assertThat(late.rate()).isGreaterThan(late.tenthOfMinimum());
    assertThat(late.rate() / late.steepest().smoothedRate()).isBetween(0.95, 1.05);
    assertThat(late.reason()).contains("falls fastest close to the rate");
  }

  /** Without regard to the age of the average it would be found five times too far. */
  @ParameterizedTest
  @ValueSource(doubles = {-3.5, -2.5, -1.5})
  void theSteepestDescentIsFoundWhereItIs(double center) {
    RateSuggestion suggestion = of(500, Curves.scattered(log -> Curves.slide(log, center), 0.05));
    double found = Math.log10(suggestion.steepest().smoothedRate());
    assertThat(found).isBetween(center - 0.35, center + 0.35);
  }

  @Test
  void aRangeThatBeginsLateKeepsADistanceAndSaysSo() {
    RateSuggestion suggestion = of(500, log -> log < -4.5 ? -log : 20);
    double lowest = suggestion.minimum().smoothedRate();
    assertThat(suggestion.rate() / lowest).isBetween(0.09, 0.35);
    assertThat(suggestion.reason()).contains("smaller --from");
  }

  @Test
  void aFallUntilTheEndIsSaid() {
    RateSuggestion suggestion = of(500, log -> 3 - 0.3 * (log + 6));
    assertThat(suggestion.rate()).isNotNull();
    assertThat(suggestion.reason()).contains("almost to the end of the range", "larger --to");
  }

  @Test
  void whatStaysFlatSuggestsNothing() {
    for (double scatter : new double[] {0, 0.1, 1}) {
      RateSuggestion suggestion = of(500, Curves.scattered(log -> 3, scatter));
      assertThat(suggestion.rate()).as("scatter %s", scatter).isNull();
      assertThat(suggestion.steepest()).isNull();
      assertThat(suggestion.minimum()).isNull();
      assertThat(suggestion.tenthOfMinimum()).isNull();
      assertThat(suggestion.reason()).contains("flat");
    }
  }

  @Test
  void whatRisesFromTheStartSuggestsNothing() {
    assertThat(of(500, log -> 3 + 0.1 * (log + 6)).rate()).isNull();
    RateSuggestion diverged = of(500, log -> 3 * Math.exp(log + 6));
    assertThat(diverged.rate()).isNull();
    assertThat(diverged.reason()).contains("never falls", "--from");
  }

  @Test
  void divergenceAtOnceSuggestsNothing() {
    for (double loss : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      RateSuggestion suggestion = of(500, log -> loss);
      assertThat(suggestion.rate()).isNull();
      assertThat(suggestion.reason()).contains("diverged after 0 steps", "--from");
    }
  }

  @Test
  void aFallThatEndsInNotANumberCounts() {
    RateSuggestion suggestion = of(500, log -> log < -1 ? Curves.vee(log) : Double.NaN);
    assertThat(suggestion.rate()).isBetween(1e-4, 0.1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void aFewStepsAreTooFew(int steps) {
    RateSuggestion suggestion = of(steps, log -> 3 - 0.3 * log);
    assertThat(suggestion.rate()).isNull();
    assertThat(suggestion.reason()).contains(steps + " steps are too few", "--steps");
  }

  @Test
  void thirtyStepsCanBeEnough() {
    assertThat(of(30, log -> 3 - 0.3 * log).rate()).isBetween(1e-6, 10.0);
  }

  @Test
  void theRateHasTwoDigits() {
    double rate = of(500, Curves::vee).rate();
    String digits = Double.toString(rate).replaceFirst("E.*", "").replace(".", "");
    assertThat(digits.replaceFirst("^0+", "").replaceFirst("0+$", "")).hasSizeLessThanOrEqualTo(2);
  }
}
