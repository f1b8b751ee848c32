package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A script that runs, with what it prints in files; closing ends it by force where it still does,
 * and whatever it has started.
 *
 * @param process the script's own
 * @param out what it prints as its result
 * @param err what it prints as messages
 * @param started what it is known to have started: a process is nobody's child any more once the
 *     script has ended
 */
record ScriptProcess(Process process, Path out, Path err, Set<ProcessHandle> started)
    implements AutoCloseable {
  /**
   * Makes every JVM that a script starts, and whatever that starts, one of those that share few
   * cores. Each says so on stderr.
   */
  static final Map<String, String> SMALL = Map.of("JDK_JAVA_OPTIONS", JavaProcess.SMALL);

  /** What a script left. */
  record Result(int exitCode, String out, String err) {}

  /**
   * Starts a script with this JVM's Java and without {@code SPARK_HOME}.
   *
   * @param directory where it runs
   * @param environment variables beside the inherited ones
   */
  static ScriptProcess start(
      Path directory, Map<String, String> environment, Path script, List<String> arguments)
      throws IOException {
    List<String> line = new ArrayList<>(List.of(script.toString()));
    line.addAll(arguments);
    Path out = Files.createTempFile("script", ".out");
    Path err = Files.createTempFile("script", ".err");
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.directory(directory.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("SPARK_HOME");
    builder.environment().putAll(environment);
    return new ScriptProcess(builder.start(), out, err, new HashSet<>());
  }

  /** Runs a script to its end. */
  static Result run(
      Path directory, Map<String, String> environment, Path script, List<String> arguments)
      throws IOException, InterruptedException {
    try (ScriptProcess started = start(directory, environment, script, arguments)) {
      return started.end();
    }
  }

  /** Waits for its end. */
  Result end() throws IOException, InterruptedException {
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("ends within three minutes").isTrue();
    return new Result(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  /** Sends a signal to the script alone, such as {@code -TERM}. */
  void signal(String name) {
    process.descendants().forEach(started::add);
    Signal.send(process.toHandle(), name);
  }

  @Override
  public void close() throws IOException {
    process.descendants().forEach(started::add);
    process.destroyForcibly().onExit().join();
    for (ProcessHandle each : started) {
      each.destroyForcibly();
      each.onExit().join();
    }
    Files.deleteIfExists(out);
    Files.deleteIfExists(err);
  }
}
