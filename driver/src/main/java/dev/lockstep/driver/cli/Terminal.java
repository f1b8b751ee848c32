package dev.lockstep.driver.cli;

import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.driver.telemetry.EventLog;
import dev.lockstep.driver.telemetry.JsonOutput;
import dev.lockstep.driver.telemetry.TextEvents;

/** What is on the other end of stderr. */
final class Terminal {
  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  /** The progress display that the options and the terminal call for. */
  static ProgressPrinter progress(CommonOptions options, long steps, int epochs) {
    boolean drawsNothing = options.noProgress || System.err instanceof JsonOutput;
    if (drawsNothing && !options.quiet) {
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

  /**
   * Where events go: among the lines of JSON, else to the log; but a person at a terminal follows
   * the progress display.
   */
  static EventLog events(CommonOptions options) {
    return options.quiet ? EventLog.NONE : events();
  }

  /** As {@link #events(CommonOptions)}, for commands that cannot be quiet. */
  static EventLog events() {
    if (System.err instanceof JsonOutput lines) {
      return lines;
    }
    return isTerminal() ? EventLog.NONE : new TextEvents(Redaction.ofProcess());
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
