package dev.lockstep.driver.cli;

import dev.lockstep.driver.secret.Redaction;

/**
 * What {@code main} throws where it must not end the JVM: the one thing that a program in YARN's
 * application master can say about its end, and what YARN shows of it are class and message. So the
 * message has the exit code and the sentence, without secrets; a stack trace would only bury them.
 */
final class FailedCommand extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * The failure of a command.
   *
   * @param code one of {@link ExitCode}, or that of an interruption
   * @param sentence why it failed; null where nothing was said beside what is on stderr
   */
  FailedCommand(int code, String sentence) {
    super(message(code, sentence), null, false, false);
  }

  private static String message(int code, String sentence) {
    return "exit code "
        + code
        + (sentence == null ? "" : ": " + Redaction.ofProcess().inMessage(sentence));
  }
}
