package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the exit code reaches whoever started the program. */
final class EndOfTheProgramTest {
  @Test
  void theJvmIsEndedUnlessItIsYarns() {
    assertThat(Main.isInApplicationMaster(properties("local[*]", "client"))).isFalse();
    assertThat(Main.isInApplicationMaster(new Properties())).isFalse();
    assertThat(Main.isInApplicationMaster(properties("yarn", "client"))).isFalse();
    assertThat(Main.isInApplicationMaster(properties("yarn", "cluster"))).isTrue();
    assertThat(Main.isInApplicationMaster(properties("spark://host:7077", "cluster"))).isFalse();
  }

  @Test
  void yarnIsToldTheExitCodeAndWhy() {
    Properties before = System.getProperties();
    try {
      System.setProperties(properties("yarn", "cluster"));
      Main.main(new String[] {"version"});
      assertThatThrownBy(() -> Main.main(new String[] {"train"}))
          .isInstanceOf(FailedCommand.class)
          .hasMessage("exit code 2: Missing required parameter: 'CONFIG'")
          .hasNoCause();
      assertThatThrownBy(() -> Main.main(new String[] {"train", "none.yaml"}))
          .hasMessageStartingWith("exit code 2: ")
          .hasMessageContaining("none.yaml");
    } finally {
      System.setProperties(before);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 6, 130, 143})
  void yarnSeesAFailureInEveryOtherCode(int code) {
    assertThatThrownBy(() -> Main.tellApplicationMaster(code, "why"))
        .isInstanceOf(FailedCommand.class)
        .hasMessage("exit code " + code + ": why");
  }

  @ParameterizedTest
  @ValueSource(ints = {ExitCode.DONE, ExitCode.KEPT})
  void aDecisionIsNoFailureForWhichYarnWouldTryAgain(int code) {
    assertThatCode(() -> Main.tellApplicationMaster(code, null)).doesNotThrowAnyException();
  }

  @Test
  void whereNothingWasSaidThereIsTheExitCode() {
    assertThat(new FailedCommand(143, null)).hasMessage("exit code 143");
  }

  private static Properties properties(String master, String deployMode) {
    Properties properties = new Properties(System.getProperties());
    properties.setProperty("spark.master", master);
    properties.setProperty("spark.submit.deployMode", deployMode);
    return properties;
  }
}
