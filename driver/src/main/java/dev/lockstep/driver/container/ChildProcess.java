package dev.lockstep.driver.container;

import java.io.IOException;
import java.util.function.IntUnaryOperator;

/**
 * Runs a process as if it were this one: with the same input, output and environment, it gets the
 * termination that this process gets, and this one ends as it does.
 */
final class ChildProcess {
  private final ProcessBuilder builder;
  private final IntUnaryOperator translation;
  private Process process;
  private boolean terminated;
  private Integer told;

  private ChildProcess(ProcessBuilder builder, IntUnaryOperator translation) {
    this.builder = builder;
    this.translation = translation;
  }

  /**
   * Runs a process to its end and returns what its exit code, 128 and the signal's number where a
   * signal ended it, is to be told as. A termination of this JVM meanwhile is passed on; then this
   * JVM ends with that code, once the process has ended, and the call does not return.
   *
   * @param translation of the exit code, asked once
   */
  static int run(ProcessPlan plan, IntUnaryOperator translation)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(plan.command()).inheritIO();
    builder.environment().putAll(plan.environment());
    ChildProcess child = new ChildProcess(builder, translation);
    // Before there is a process, so that there is no moment in which none would hear of it.
    Runtime.getRuntime().addShutdownHook(new Thread(child::terminate, "termination"));
    return child.told(child.start().waitFor());
  }

  /** At the end and, where a termination meets it, by another thread too. */
  private synchronized int told(int code) {
    if (told == null) {
      told = translation.applyAsInt(code);
    }
    return told;
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
      if (process == null) {
        return;
      }
    }
    process.destroy();
    while (true) {
      try {
        Runtime.getRuntime().halt(told(process.waitFor()));
      } catch (InterruptedException again) {
        // The child is waited for whatever happens.
      }
    }
  }
}
