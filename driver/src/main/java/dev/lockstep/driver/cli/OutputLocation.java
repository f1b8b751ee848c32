package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.ApplicationAttempt;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Where a command's results go. */
final class OutputLocation {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private OutputLocation() {}

  /**
   * The folder that {@code --output} names, else {@code runs/<name>-<timestamp>}, or {@code
   * runs/<name>-<application>} where the cluster starts a lost driver again.
   */
  static String of(String output, String name, ApplicationAttempt attempt) {
    return output != null
        ? output
        : "runs/"
            + name
            + "-"
            + attempt.stamp(LocalDateTime.now(ZoneId.systemDefault()).format(STAMP));
  }
}
