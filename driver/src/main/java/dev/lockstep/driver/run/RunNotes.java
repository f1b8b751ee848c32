package dev.lockstep.driver.run;

import dev.lockstep.driver.report.ProgressPrinter;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the user of a run should know, for its summary and its progress display. A sentence that
 * comes again, because the run went on behind an earlier step, is kept once.
 */
final class RunNotes {
  private final Set<String> sentences = new LinkedHashSet<>();
  private final ProgressPrinter progress;

  /** No notes yet; those that are told go to {@code progress} too. */
  RunNotes(ProgressPrinter progress) {
    this.progress = progress;
  }

  /** Keeps a sentence that has been told already, or is part of the result. */
  void keep(String sentence) {
    sentences.add(sentence);
  }

  /** Keeps sentences of earlier attempts. */
  void keepAll(Collection<String> earlier) {
    sentences.addAll(earlier);
  }

  /** Shows a sentence now and keeps it. */
  void tell(String sentence) {
    progress.note(sentence);
    sentences.add(sentence);
  }

  /** All sentences, in the order in which they came. */
  List<String> all() {
    return List.copyOf(sentences);
  }
}
