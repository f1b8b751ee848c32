package dev.lockstep.driver.cli;

import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.secret.GuardedOutput;

/** What is on the other end of stderr. */
final class Terminal {
  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  /** The progress display that the options and the terminal call for. */
  static ProgressPrinter progress(CommonOptions options, long steps, int epochs) {
    if (options.noProgress && !options.quiet) {
      return ProgressPrinter.notesOnly(System.err);
    }
    return new ProgressPrinter(
        GuardedOutput.forDrawing(System.err),
        isTerminal(),
        width(),
        steps,
        epochs,
        options.quiet,
        System::nanoTime);
  }

  /** The launcher tells whether stderr is a terminal, since Java cannot ask about stderr alone. */
  private static boolean isTerminal() {
    return "1".equals(System.getenv("LOCKSTEP_STDERR_TERMINAL"))
        && !"dumb".equals(System.getenv("TERM"));
  }

  private static int width() {
    try {
      return Integer.parseInt(System.getenv().getOrDefault("LOCKSTEP_COLUMNS", ""));
    } catch (NumberFormatException unknown) {
      return USUAL_WIDTH;
    }
  }
}
