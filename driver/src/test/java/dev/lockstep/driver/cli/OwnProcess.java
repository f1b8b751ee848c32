package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** This program in a JVM of its own, with the class path and the flags of the tests. */
final class OwnProcess {
  private static final long MINUTES = 10;

  private OwnProcess() {}

  /**
   * Starts it.
   *
   * @param log receives stdout and stderr
   */
  static Process start(Path log, String... arguments) throws IOException {
    return start(log, List.of(), arguments);
  }

  /**
   * As above, by another program that becomes this one.
   *
   * @param prefix the command line to which this one is added
   */
  static Process start(Path log, List<String> prefix, String... arguments) throws IOException {
    return start(log, prefix, "dev.lockstep.driver.cli.Main", arguments);
  }

  /** Another program of the tests, with the same flags. */
  static Process start(Path log, Class<?> program) throws IOException {
    return start(log, List.of(), program.getName(), new String[0]);
  }

  private static Process start(Path log, List<String> prefix, String main, String[] arguments)
      throws IOException {
    Path deploy = Path.of("..", "deploy", "conf").toAbsolutePath();
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + deploy.resolve("jvm-options"),
            "-Dlog4j2.configurationFile=" + deploy.resolve(logging(prefix)),
            "-Xmx512m",
            // A process that lives for seconds would spend half of them on optimizing compilation.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            classPath(),
            main));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  /** As the launcher chooses it. */
  private static String logging(List<String> prefix) {
    return prefix.contains("LOCKSTEP_LOG_FORMAT=json")
        ? "log4j2-json.properties"
        : "log4j2.properties";
  }

  private static String classPath() {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }

  /** Sends a signal, such as TERM. */
  static void signal(Process process, String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Returns when a run has a checkpoint of this step or a later one, which may remove it again. */
  static void awaitCheckpoint(Process process, Path run, long step) throws InterruptedException {
    String first = CheckpointStore.nameOf(step);
    await(
        process,
        () -> {
          String[] names = run.resolve("checkpoints").toFile().list();
          return names != null
              && Arrays.stream(names)
                  .anyMatch(name -> name.startsWith("step-") && name.compareTo(first) >= 0);
        });
  }

  /** Returns when it has come true, or the process has ended. */
  static void await(Process process, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    while (process.isAlive() && !condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      process.waitFor(5, TimeUnit.MILLISECONDS);
    }
  }

  /** How it ends. */
  static int exitCode(Process process) throws InterruptedException {
    assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("ends").isTrue();
    return process.exitValue();
  }
}
