package dev.lockstep.deploy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

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
    return with("--driver-url", url -> url.endsWith(":" + driverPort));
  }

  /**
   * The executors of one application, oldest first.
   *
   * @param application as Spark names it
   */
  static List<ExecutorProcess> ofApplication(String application) {
    return with("--app-id", application::equals);
  }

  private static List<ExecutorProcess> with(String option, Predicate<String> value) {
    List<ExecutorProcess> executors = new ArrayList<>();
    ProcessHandle.allProcesses()
        .forEach(process -> find(process, option, value).ifPresent(executors::add));
    executors.sort(Comparator.comparing(ExecutorProcess::process));
    return executors;
  }

  private static Optional<ExecutorProcess> find(
      ProcessHandle process, String option, Predicate<String> value) {
    List<String> line = commandLine(process);
    int at = line.indexOf(option) + 1;
    int id = line.indexOf("--executor-id") + 1;
    return at > 0 && id > 0 && value.test(line.get(at))
        ? Optional.of(new ExecutorProcess(line.get(id), process))
        : Optional.empty();
  }

  /** All of it: the handle's own arguments end after 4,096 characters. */
  static List<String> commandLine(ProcessHandle process) {
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
    Signal.send(process, "-STOP");
  }

  /** Lets it go on. */
  void goOn() {
    Signal.send(process, "-CONT");
  }
}
