package dev.lockstep.driver.container;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Makes the lines that the entry point itself writes to stderr: sentences, or the JSON objects of
 * the program's log ({@code time}, {@code level}, {@code event}, {@code message}). Without a
 * library, since none is on this JVM's class path.
 *
 * @param json whether every line is to be an object
 */
record Notices(boolean json) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** Something worth knowing. */
  String message(String sentence, Instant now) {
    return json ? object("info", "message", sentence, "", now) : text(sentence);
  }

  /** Why the container ends with a code other than 0. */
  String exit(int code, String sentence, Instant now) {
    return json ? object("error", "exit", sentence, ",\"exitCode\":" + code, now) : text(sentence);
  }

  private static String text(String sentence) {
    return "lockstep: " + sentence;
  }

  private static String object(
      String level, String event, String message, String more, Instant now) {
    return "{\"time\":\""
        + TIME.format(now)
        + "\",\"level\":\""
        + level
        + "\",\"event\":\""
        + event
        + "\",\"message\":\""
        + escaped(message)
        + "\""
        + more
        + "}";
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == '"' || character == '\\') {
        escaped.append('\\').append(character);
      } else {
        escaped.append(Character.isISOControl(character) ? '?' : character);
      }
    }
    return escaped.toString();
  }
}
