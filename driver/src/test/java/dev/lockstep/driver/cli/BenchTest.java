package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
  @Test
  void arithmeticPrintsATableAndTellsProgressBeside() {
    Outcome outcome =
        Outcome.done(
            "bench",
            "arithmetic",
            "--workload",
            "w1",
            "--rounds",
            "1",
            "--seconds",
            "0.02",
            "--threads",
            "2");
    assertThat(outcome.out()).contains("BLAS").contains("| workload |").contains("| W1 ");
    assertThat(outcome.out()).doesNotContain("round");
    assertThat(outcome.err()).contains("W1 round 1");
  }

  @ParameterizedTest
  @CsvSource({
    "arithmetic, --workload, W9, W1",
    "arithmetic, --threads, 0, --threads",
    "arithmetic, --seconds, 0, --seconds",
    "steps, --table, colors, sizes",
    "model, --gigabits, 0, --gigabits",
    "model, --executors, '16,0', --executors",
  })
  void whatIsWrongIsNamed(String command, String option, String value, String named) {
    Outcome outcome = Outcome.of("bench", command, option, value);
    assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
    assertThat(outcome.err()).contains(option).contains(named);
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void aSubcommandIsNeeded() {
    assertThat(Outcome.of("bench").code()).isEqualTo(ExitCode.USAGE);
  }
}
