package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.run.ApplicationAttempt;
import org.junit.jupiter.api.Test;

/** Where results go. */
final class OutputLocationTest {
  private static final ApplicationAttempt HERE = new ApplicationAttempt("local-1", null, false);
  private static final ApplicationAttempt THERE =
      new ApplicationAttempt("application_1_0001", 2, true);

  @Test
  void whatTheUserNamesIsTaken() {
    assertThat(OutputLocation.of("hdfs:///runs/x", "digits", THERE)).isEqualTo("hdfs:///runs/x");
  }

  @Test
  void aRunOfThisMachineHasItsTime() {
    assertThat(OutputLocation.of(null, "digits", HERE)).matches("runs/digits-[0-9]{8}-[0-9]{6}");
  }

  @Test
  void allAttemptsOfAnApplicationHaveOneFolder() {
    assertThat(OutputLocation.of(null, "digits", THERE))
        .isEqualTo("runs/digits-application_1_0001");
  }
}
