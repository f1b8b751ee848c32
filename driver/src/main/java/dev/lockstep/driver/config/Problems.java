package dev.lockstep.driver.config;

import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects everything that is wrong with one configuration, so that it is reported together: the
 * first problems in words, the others by their number.
 */
final class Problems {
  private static final int LONGEST_REPORT = 50;
  private static final int LONGEST_QUOTE = 80;

  private final String sourceName;
  private final List<String> lines = new ArrayList<>();
  private int count;

  Problems(String sourceName) {
    this.sourceName = sourceName;
  }

  /**
   * Notes a problem.
   *
   * @param path key path such as {@code network.layers[2].keep}; empty for the whole configuration
   * @param where what was found there, or null if nothing was
   * @param text what is wrong, what was found, what is allowed
   */
  void add(String path, Value where, String text) {
    count++;
    if (lines.size() == LONGEST_REPORT) {
      return;
    }
    String subject = path.isEmpty() ? "the configuration" : brief(path);
    lines.add(subject + (where == null ? "" : " (" + where.origin() + ")") + ": " + text);
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether the text of a further problem is not shown, so that it need not be made. */
  boolean isFull() {
    return lines.size() == LONGEST_REPORT;
  }

  /** All problems as one error for the user; the first line names the configuration. */
  LockstepException toException() {
    StringBuilder message = new StringBuilder(sourceName);
    message.append(count == 1 ? ": 1 problem" : ": " + count + " problems");
    lines.forEach(line -> message.append("\n  ").append(line));
    if (count > LONGEST_REPORT) {
      message.append("\n  … and ").append(count - LONGEST_REPORT).append(" more");
    }
    return LockstepException.usage(message.toString());
  }

  /** {@code text} on one line, without secrets and not too long, for a message. */
  static String brief(String whole) {
    // Before the cut, which could leave half a secret that nobody knows any more.
    String text = Redaction.ofProcess().inMessage(whole);
    String start =
        text.codePointCount(0, text.length()) <= LONGEST_QUOTE
            ? text
            : text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE)) + "…";
    return start.replaceAll("\\p{Cntrl}", " ");
  }
}
