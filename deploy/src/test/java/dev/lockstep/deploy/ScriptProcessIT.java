package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A test that fails leaves no process behind. */
final class ScriptProcessIT {
  @TempDir private Path folder;

  @Test
  void closingEndsWhatAScriptHasStarted() throws Exception {
    ProcessHandle child;
    try (ScriptProcess script = scriptWithAChild()) {
      child = child(script);
    }
    assertThat(child.isAlive()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-TERM", "-KILL"})
  void closingEndsWhatAScriptHasLeftBehind(String signal) throws Exception {
    ProcessHandle child;
    try (ScriptProcess script = scriptWithAChild()) {
      child = child(script);
      script.signal(signal);
      script.end();
      assertThat(child.isAlive()).isTrue();
    }
    assertThat(child.isAlive()).isFalse();
  }

  private ScriptProcess scriptWithAChild() throws Exception {
    return ScriptProcess.start(
        folder, Map.of(), Path.of("bash"), List.of("-c", "sleep 600 & echo $! >child; wait"));
  }

  private ProcessHandle child(ScriptProcess script) throws Exception {
    Path file = folder.resolve("child");
    Waiting.until("it has a child", () -> file.toFile().length() > 0);
    ProcessHandle child = ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).get();
    assertThat(script.process().descendants()).contains(child);
    return child;
  }
}
