package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.Configurations.MINIMAL;
import static dev.lockstep.driver.config.Configurations.errorOf;
import static dev.lockstep.driver.config.Configurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.driver.config.RetrainingSettings.Missing;
import dev.lockstep.driver.config.RetrainingSettings.Window;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The blocks {@code registry} and {@code retraining}, and the run date in any value. */
final class RetrainingBlockTest {
  private static final String DAILY =
      """
      name: daily-${RUN_DATE}
      data: {format: csv, path: '/data/${RUN_DATE}.csv', label: y}
      network: {layers: [{kind: dense, units: 10}]}
      """;

  @Test
  void withoutBlocksThereIsNeither() {
    assertThat(read(MINIMAL).registry()).isNull();
    assertThat(read(MINIMAL).retraining()).isNull();
    assertThat(read(MINIMAL + "retraining: null\nregistry: null").retraining()).isNull();
  }

  @Test
  void theLeastTheBlocksSayMeansExactlyThis() {
    RunConfiguration configuration = read(MINIMAL + "registry: {path: m}\nretraining: {}");
    assertThat(configuration.registry()).isEqualTo(new RegistrySettings("/conf/m", 10));
    assertThat(configuration.retraining())
        .isEqualTo(new RetrainingSettings(null, 0.0, null, null, null, null, CheckSettings.DEFAULT))
        .isEqualTo(RetrainingSettings.DEFAULT);
    assertThat(read(MINIMAL, "retraining.window.days=3").retraining().window())
        .isEqualTo(new Window(3, Missing.FAIL));
  }

  @Test
  void everythingCanBeSaid() {
    RunConfiguration configuration =
        read(
            MINIMAL,
            "registry={path: 'hdfs://h/models', keep: 3}",
            "retraining={metric: macroF1, minImprovement: 0.01, runDate: 2026-11-25, confidence:"
                + " 0.95, window: {days: 7, missing: skip}, keepRuns: 30}");
    assertThat(configuration.registry()).isEqualTo(new RegistrySettings("hdfs://h/models", 3));
    assertThat(configuration.retraining())
        .isEqualTo(
            new RetrainingSettings(
                "macroF1",
                0.01,
                "2026-11-25",
                new Window(7, Missing.SKIP),
                0.95,
                30,
                CheckSettings.DEFAULT));
  }

  @Test
  void theRunDateComesFromTheEnvironment() {
    Map<String, String> environment = Map.of("RUN_DATE", "2026-11-25");
    RunConfiguration configuration = read(DAILY + "retraining: {}", environment);
    assertThat(configuration.retraining().runDate()).isEqualTo("2026-11-25");
    assertThat(read(MINIMAL + "retraining: {}", Map.of("RUN_DATE", "")).retraining().runDate())
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-11-26", "${DAY}"})
  void theRunDateOfTheBlockStandsInEveryValue(String runDate) {
    Map<String, String> environment = Map.of("RUN_DATE", "2026-11-25", "DAY", "2026-11-26");
    RunConfiguration configuration =
        read(DAILY, environment, "retraining.runDate='" + runDate + "'");
    assertThat(configuration.retraining().runDate()).isEqualTo("2026-11-26");
    assertThat(configuration.name()).isEqualTo("daily-2026-11-26");
    assertThat(configuration.data().location())
        .isEqualTo(new DataLocation.Csv(List.of("/data/2026-11-26.csv")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "registry={} | registry.path | missing; must be the folder of a model registry",
        "registry={path: m, keep: 0} | registry.keep | a whole number of at least 1, found 0",
        "retraining.metric=acuracy | retraining.metric | did you mean accuracy?",
        "retraining.minImprovement=-1 | retraining.minImprovement | a number of at least 0",
        "retraining.runDate=a/b | retraining.runDate | a date such as 2026-11-25, or another name",
        "retraining.runDate=.. | retraining.runDate | begins with a letter or digit, found ..",
        "retraining.window={} | retraining.window.days | missing",
        "retraining.window={days: 0} | retraining.window.days | from 1 to 3653, found 0",
        "retraining.window={days: 1, missing: warn} | retraining.window.missing | allowed: skip,",
        "retraining.confidence=95 | retraining.confidence | a number from 0.5 to 0.9995, found 95",
        "retraining.confidence=0.9999 | retraining.confidence | from 0.5 to 0.9995, found 0.9999",
        "retraining.keepRuns=0 | retraining.keepRuns | a whole number of at least 1, found 0",
        "retraining.confidense=0.95 | retraining.confidense | did you mean confidence?"
      })
  void whatIsWrongIsSaid(String setting, String key, String told) {
    assertThat(errorOf(MINIMAL, setting)).contains("  " + key).contains(told);
  }

  @Test
  void aRunDateOfTheEnvironmentIsCheckedToo() {
    assertThat(errorOf(MINIMAL + "retraining: {}", Map.of("RUN_DATE", "12:30")))
        .contains("retraining.runDate (environment variable RUN_DATE)", "12:30");
  }

  @Test
  void whatIsWrittenReadsBackAsTheSame() {
    RunConfiguration configuration =
        read(
            DAILY,
            "registry.path=hdfs://h/models",
            "retraining={runDate: 2026-11-25, confidence: 0.95, window: {days: 7}, keepRuns: 30}");
    String yaml = ConfigurationWriter.toYaml(configuration, Map.of());
    assertThat(yaml)
        .contains(
            """
            registry:
              path: "hdfs://h/models"
              keep: 10
            retraining:
              metric: null
              minImprovement: 0.0
              runDate: "2026-11-25"
              window:
                days: 7
                missing: fail
              confidence: 0.95
              keepRuns: 30
            """);
    assertThat(read(yaml)).isEqualTo(configuration);
  }
}
