package dev.lockstep.driver.container;

import java.io.IOException;

/**
 * Runs a process as if it were this one: with the same input, output and environment, it gets the
 * termination that this process gets, and this one ends as it does.
 */
final class ChildProcess {
  private ChildProcess() {}

  /**
   * Runs a process to its end and returns its exit code, 128 and the signal's number where a signal
   * ended it. A termination of this JVM meanwhile is passed on; then this JVM ends with the
   * process's exit code, once that has ended, and the call does not return.
   */
  static int run(ProcessPlan plan) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(plan.command()).inheritIO();
    builder.environment().putAll(plan.environment());
    Process process = builder.start();
    Thread termination = new Thread(() -> endWith(process), "termination");
    try {
      Runtime.getRuntime().addShutdownHook(termination);
      int code = process.waitFor();
      Runtime.getRuntime().removeShutdownHook(termination);
      return code;
    } catch (IllegalStateException terminating) {
      endWith(process);
      throw terminating;
    }
  }

  /** Halts, since the exit code of a JVM that ends by a signal cannot be chosen otherwise. */
  private static void endWith(Process process) {
    process.destroy();
    while (true) {
      try {
        Runtime.getRuntime().halt(process.waitFor());
      } catch (InterruptedException again) {
        // The child is waited for whatever happens.
      }
    }
  }
}
