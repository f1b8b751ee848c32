package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands whose whole result is text on stdout. */
final class TextCommandsTest {
  static List<String> commands() {
    return List.of(
        "train",
        "tune",
        "lr-find",
        "gradcheck",
        "evaluate",
        "predict",
        "export",
        "report",
        "datasets",
        "version");
  }

  private static void assertPrints(Outcome outcome, String... parts) {
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).contains(parts).endsWith("\n");
  }

  @Test
  void versionNamesAllThatMatters() {
    assertPrints(
        Outcome.of("version"), "lockstep 0.", "spark    ", "scala    2.", "java     ", "blas     ");
  }

  @Test
  void datasetsListsBundledAndSynthetic() {
    assertPrints(
        Outcome.of("datasets"),
        "digits",
        "1797 rows",
        "iris",
        "wine",
        "breastCancer",
        "moons",
        "spirals",
        "format: bundled");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "help"})
  void helpListsEveryCommandAndTheExitCodes(String argument) {
    Outcome outcome = Outcome.of(argument);
    assertPrints(outcome, commands().toArray(String[]::new));
    assertPrints(outcome, "Usage: lockstep", "Exit codes: 0 done");
    assertThat(outcome.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelp(String command) {
    Outcome outcome = Outcome.of(command, "--help");
    assertPrints(outcome, "Usage: lockstep " + command, "--verbose", "Shows this help.");
    assertThat(Outcome.of("help", command)).isEqualTo(outcome);
  }

  @Test
  void helpOfTrainNamesItsOptions() {
    assertPrints(
        Outcome.of("train", "--help"),
        "CONFIG",
        "--output=DIR",
        "--set=KEY.PATH=VALUE",
        "--master=URL",
        "--conf=KEY=VALUE",
        "--quiet",
        "--no-progress");
  }
}
