package dev.lockstep.driver.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;

/** Short ways to read configurations in tests. */
final class Configurations {
  static final String SOURCE = "conf/run.yaml";
  static final String FOLDER = "/conf";

  /** The least that a configuration must say. */
  static final String MINIMAL =
      """
      data: {format: bundled, name: digits}
      network: {layers: [{kind: dense, units: 10}]}
      """;

  private Configurations() {}

  static RunConfiguration read(String text, String... overrides) {
    return read(text, Map.of(), overrides);
  }

  static RunConfiguration read(String text, Map<String, String> environment, String... overrides) {
    return ConfigurationReader.read(text, SOURCE, FOLDER, List.of(overrides), environment);
  }

  /** The message of the error that reading ends in. */
  static String errorOf(String text, String... overrides) {
    return errorOf(text, Map.of(), overrides);
  }

  static String errorOf(String text, Map<String, String> environment, String... overrides) {
    return catchThrowableOfType(LockstepException.class, () -> read(text, environment, overrides))
        .getMessage();
  }
}
