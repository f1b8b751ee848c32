package dev.lockstep.driver.cli;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Where a command's results go. */
final class OutputLocation {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private OutputLocation() {}

  /** The folder that {@code --output} names, else {@code runs/<name>-<timestamp>}. */
  static String of(String output, String name) {
    return output != null
        ? output
        : "runs/" + name + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(STAMP);
  }
}
