package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators are told of a run whose program ends under its feet. */
final class EndingProgramTest {
  @TempDir private Path folder;

  @Test
  void whatFailsBecauseTheProgramEndsIsInterrupted() throws Exception {
    Path log = folder.resolve("child.log");
    Process process = OwnProcess.start(log, EndingProgram.class);
    try {
      assertThat(OwnProcess.exitCode(process)).isEqualTo(EndingProgram.CODE);
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readString(log))
        .contains("runStarted {", "interrupted {step=0}")
        .doesNotContain("failed {");
  }
}
