package dev.lockstep.driver.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DiagnosisTest {
  private static SplitMetrics accuracy(double error, long examples) {
    return new SplitMetrics(1.0, examples, Map.of("accuracy", 1.0 - error));
  }

  /** The four cases of the textbook, with and without a target that makes a training error good. */
  @ParameterizedTest
  @CsvSource({
    "0.01, 0.11, 0, high variance",
    "0.15, 0.16, 0, high bias",
    "0.15, 0.30, 0, high bias and high variance",
    "0.005, 0.01, 0, neither",
    "0.15, 0.16, 0.14, neither",
    "0.15, 0.30, 0.14, high variance"
  })
  void theErrorsTellBiasAndVarianceApart(
      double train, double validation, double target, String verdict) {
    Diagnosis diagnosis =
        Diagnosis.of(accuracy(train, 10_000), accuracy(validation, 10_000), target);
    assertThat(diagnosis.verdict()).isEqualTo(verdict);
    assertThat(diagnosis.text()).startsWith(verdict + ": training error ");
  }

  @Test
  void eachVerdictHasItsRemedies() {
    assertThat(Diagnosis.of(accuracy(0.3, 1000), accuracy(0.3, 1000), 0).text())
        .contains("larger network", "longer training")
        .doesNotContain("more data");
    assertThat(Diagnosis.of(accuracy(0.0, 1000), accuracy(0.3, 1000), 0).text())
        .contains("more data", "dropout", "regularization.l2")
        .doesNotContain("longer training");
    assertThat(Diagnosis.of(accuracy(0.3, 1000), accuracy(0.6, 1000), 0).text())
        .contains("larger network", "more data");
  }

  @Test
  void aGapWithinTheScatterOfASmallSplitIsNoVariance() {
    assertThat(Diagnosis.of(accuracy(0.0, 500), accuracy(0.04, 50), 0).highVariance()).isFalse();
    assertThat(Diagnosis.of(accuracy(0.0, 500), accuracy(0.04, 5000), 0).highVariance()).isTrue();
  }

  @Test
  void regressionGoesByTheUnexplainedShare() {
    SplitMetrics good = new SplitMetrics(1, 100, Map.of("rmse", 3.0, "mae", 2.0, "r2", 0.99));
    SplitMetrics poor = new SplitMetrics(1, 100, Map.of("rmse", 9.0, "mae", 7.0, "r2", 0.6));
    assertThat(Diagnosis.of(good, poor, 0).verdict()).isEqualTo("high variance");
    assertThat(Diagnosis.of(poor, poor, 0).verdict()).isEqualTo("high bias");
    assertThat(Diagnosis.of(poor, poor, 0.4).verdict()).isEqualTo("neither");
  }

  @Test
  void withoutBothErrorsThereIsNoDiagnosis() {
    assertThat(Diagnosis.of(accuracy(0.1, 10), null, 0)).isNull();
    assertThat(Diagnosis.of(null, accuracy(0.1, 10), 0)).isNull();
    SplitMetrics undefined = new SplitMetrics(1, 1, Map.of("r2", Double.NaN));
    assertThat(Diagnosis.of(undefined, undefined, 0)).isNull();
  }
}
