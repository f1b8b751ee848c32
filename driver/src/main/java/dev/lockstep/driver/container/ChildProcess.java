package dev.lockstep.driver.container;

import java.io.IOException;

/**
 * Runs a process as if it were this one: with the same input, output and environment, it gets the
 * termination that this process gets, and this one ends as it does.
 */
final class ChildProcess {
  private final ProcessBuilder builder;
  private Process process;
  private boolean terminated;

  private ChildProcess(ProcessBuilder builder) {
    this.builder = builder;
  }

  /**
   * Runs a process to its end and returns its exit code, 128 and the signal's number where a signal
   * ended it. A termination of this JVM meanwhile is passed on; then this JVM ends with the
   * process's exit code, once that has ended, and the call does not return.
   */
  static int run(ProcessPlan plan) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(plan.command()).inheritIO();
    builder.environment().putAll(plan.environment());
    ChildProcess child = new ChildProcess(builder);
    // Before there is a process, so that there is no moment in which none would hear of it.
    Runtime.getRuntime().addShutdownHook(new Thread(child::terminate, "termination"));
    return child.start().waitFor();
  }

  private synchronized Process start() throws IOException, InterruptedException {
    while (terminated) {
      // This JVM is about to end.
      wait();
    }
    process = builder.start();
    return process;
  }

  /** Halts, since the exit code of a JVM that ends by a signal cannot be chosen otherwise. */
  private void terminate() {
    synchronized (this) {
      terminated = true;
      if (process == null || !process.isAlive()) {
        return;
      }
    }
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
