package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.registry.ModelRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lockstep retrain} in processes of its own: side by side, and ended from outside. */
final class RetrainProcessesTest {
  private static final String DATE = "2026-11-01";

  @TempDir private Path place;
  private DailyData daily;

  @BeforeEach
  void write() {
    daily = new DailyData(place).day(DATE, 0, 1);
  }

  private List<Integer> versions() {
    return ModelRegistry.at(daily.registry().toString(), new Configuration()).versions();
  }

  private String decision(String run) {
    return Outcome.json(daily.run(run).resolve("decision.json")).path("decision").asText();
  }

  @Test
  void ofTwoForOneDateOnlyOnePublishes() throws Exception {
    List<Process> processes = new ArrayList<>();
    try {
      for (String run : List.of("one", "other")) {
        processes.add(OwnProcess.start(place.resolve(run + ".log"), daily.arguments(DATE, run)));
      }
      for (Process process : processes) {
        assertThat(OwnProcess.exitCode(process)).isZero();
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
    assertThat(List.of(decision("one"), decision("other")))
        .containsExactlyInAnyOrder("published", "alreadyDone");
    assertThat(versions()).containsExactly(1);
    assertThat(daily.registry().resolve("running")).doesNotExist();
  }

  @Test
  void aRunThatATerminationEndedGoesOnByItself() throws Exception {
    String[] arguments =
        daily.arguments(
            DATE,
            "night",
            "--set",
            "training.epochs=null",
            "--set",
            "training.steps=40000",
            "--set",
            "training.checkpoint.everySteps=500");
    Path log = place.resolve("night.log");
    Process process = OwnProcess.start(log, arguments);
    try {
      OwnProcess.awaitCheckpoint(process, daily.run("night"), 500);
      OwnProcess.signal(process, "TERM");
      assertThat(OwnProcess.exitCode(process)).as(Files.readString(log)).isEqualTo(143);
    } finally {
      process.destroyForcibly();
    }
    assertThat(daily.run("night").resolve("decision.json")).doesNotExist();
    assertThat(versions()).isEmpty();

    Outcome again = Outcome.of(arguments);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err())
        .contains("Goes on with the run for " + DATE)
        .contains("Resumed from checkpoint step-");
    assertThat(decision("night")).isEqualTo("published");
    assertThat(versions()).containsExactly(1);
  }
}
