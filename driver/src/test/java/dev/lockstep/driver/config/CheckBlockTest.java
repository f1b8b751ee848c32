package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.config.CheckSettings.Limits;
import dev.lockstep.driver.config.CheckSettings.Severity;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The block {@code retraining.checks}. */
final class CheckBlockTest {
  private static CheckSettings checks(String checks) {
    return read(MINIMAL, "retraining.checks=" + checks).retraining().checks();
  }

  @Test
  void theDefaultsAreExactlyThese() {
    assertThat(checks("{}"))
        .isEqualTo(CheckSettings.DEFAULT)
        .isEqualTo(
            new CheckSettings(
                Severity.FAIL,
                new Limits(100.0, 10.0),
                new Limits(0.5, 0.1),
                new Limits(0.5, 0.9),
                new Limits(0.05, 0.2),
                new Limits(0.1, 0.25),
                new Limits(0.1, 0.25)));
  }

  @Test
  void everythingCanBeSaidOrSwitchedOff() {
    assertThat(
            checks(
                "{schema: warn, rowCount: {warn: 5000, fail: 1000}, rowRatio: off, missing: {fail:"
                    + " off}, missingIncrease: {warn: off, fail: 0.3}, labelShare: {warn: 0.2},"
                    + " psi: {warn: 1, fail: 2}}"))
        .isEqualTo(
            new CheckSettings(
                Severity.WARN,
                new Limits(5000.0, 1000.0),
                Limits.OFF,
                new Limits(0.5, null),
                new Limits(null, 0.3),
                new Limits(0.2, 0.25),
                new Limits(1.0, 2.0)));
    assertThat(checks("{schema: off}").schema()).isEqualTo(Severity.OFF);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{schema: error} | retraining.checks.schema | allowed: off, warn, fail",
        "{psy: off} | retraining.checks.psy | did you mean psi?",
        "{psi: 0.1} | retraining.checks.psi | a block of warn and fail, or off, found 0.1",
        "{psi: {worn: 1}} | retraining.checks.psi.worn | did you mean warn?",
        "{psi: {warn: -1}} | retraining.checks.psi.warn | a number of at least 0, or off, found -1",
        "{psi: {warn: 0.3}} | retraining.checks.psi | fail is 0.25, below warn, which is 0.3",
        "{missing: {fail: 90}} | retraining.checks.missing.fail | from 0 to 1, or off, found 90",
        "{rowCount: {fail: 1000}} | retraining.checks.rowCount | fail is 1000.0, above warn"
      })
  void whatIsWrongIsSaid(String checks, String key, String told) {
    assertThat(errorOf(MINIMAL, "retraining.checks=" + checks)).contains("  " + key).contains(told);
  }

  @Test
  void whatIsWrittenReadsBackAsTheSame() {
    RunConfiguration configuration =
        read(
            MINIMAL,
            "retraining.checks={schema: off, rowRatio: off, psi: {fail: off}, missing: {warn: 0}}");
    String yaml = ConfigurationWriter.toYaml(configuration, Map.of());
    assertThat(yaml)
        .contains("\n  checks:\n", "    schema: \"off\"\n", "    psi:\n      warn: 0.1\n");
    assertThat(read(yaml)).isEqualTo(configuration);
  }
}
