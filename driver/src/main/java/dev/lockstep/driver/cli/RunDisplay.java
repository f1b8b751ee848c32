package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.report.ProgressPrinter;

/**
 * Where a command that trains says what happens: to stderr, and through the progress display as
 * soon as there is one. Signals speak on threads of their own.
 */
final class RunDisplay {
  private final CommonOptions options;
  private volatile ProgressPrinter progress;

  RunDisplay(CommonOptions options) {
    this.options = options;
  }

  /** Says a sentence, unless the user wants quiet. */
  void say(String sentence) {
    ProgressPrinter shown = progress;
    if (shown != null) {
      shown.note(sentence);
    } else if (!options.quiet) {
      System.err.println(sentence);
    }
  }

  /** The progress display of a run of so many steps. */
  ProgressPrinter progress(RunConfiguration run, long steps) {
    int epochs = run.training().epochs() == null ? 0 : run.training().epochs();
    progress = Terminal.progress(options, steps, epochs);
    return progress;
  }
}
