package dev.lockstep.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * An executor's process on this machine.
 *
 * @param id the executor's name in Spark
 * @param process may have ended meanwhile
 */
record ExecutorProcess(String id, ProcessHandle process) {
  /**
   * The executors of one driver, oldest first; those of any other program are never among them.
   *
   * @param driverPort where that driver listens
   */
  static List<ExecutorProcess> of(int driverPort) {
    List<ExecutorProcess> executors = new ArrayList<>();
    ProcessHandle.allProcesses()
        .forEach(process -> find(process, driverPort).ifPresent(executors::add));
    executors.sort(Comparator.comparing(ExecutorProcess::process));
    return executors;
  }

  private static Optional<ExecutorProcess> find(ProcessHandle process, int driverPort) {
    List<String> line = commandLine(process);
    int url = line.indexOf("--driver-url") + 1;
    int id = line.indexOf("--executor-id") + 1;
    return url > 0 && id > 0 && line.get(url).endsWith(":" + driverPort)
        ? Optional.of(new ExecutorProcess(line.get(id), process))
        : Optional.empty();
  }

  /** All of it: the handle's own arguments end after 4,096 characters. */
  private static List<String> commandLine(ProcessHandle process) {
    Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    try {
      return List.of(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0", -1));
    } catch (IOException ended) {
      return List.of();
    }
  }

  /** Ends it with SIGKILL, whether it works or is stopped. */
  void kill() {
    process.destroyForcibly();
  }

  /** Stops it with SIGSTOP: it keeps its connections and answers nobody. */
  void stop() {
    signal("-STOP");
  }

  /** Lets it go on. */
  void goOn() {
    signal("-CONT");
  }

  private void signal(String signal) {
    try {
      Process kill =
          new ProcessBuilder("kill", signal, Long.toString(process.pid()))
              .redirectErrorStream(true)
              .start();
      kill.getInputStream().readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
