package dev.lockstep.driver.report;

import dev.lockstep.trainer.error.LockstepException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Lines of a text file, each of bounded length: a file without line ends is refused before it is in
 * memory. Lines end with {@code \n}, {@code \r} or {@code \r\n}; malformed UTF-8 becomes the
 * replacement character.
 */
final class BoundedLines {
  private final BufferedReader characters;
  private final String source;
  private final int maxCharacters;
  private final StringBuilder line = new StringBuilder();
  private long number;
  private boolean afterReturn;

  /**
   * Reads from {@code in}, which is left open.
   *
   * @param source the file's name, for messages
   */
  BoundedLines(InputStream in, String source, int maxCharacters) {
    this.characters = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.source = source;
    this.maxCharacters = maxCharacters;
  }

  /**
   * The next line without its end, or null at the end of the file.
   *
   * @throws LockstepException of kind data where it is too long
   */
  String next() throws IOException {
    line.setLength(0);
    number++;
    for (int c = characters.read(); c >= 0; c = characters.read()) {
      boolean secondHalf = afterReturn && c == '\n';
      afterReturn = c == '\r';
      if (secondHalf) {
        continue;
      }
      if (c == '\n' || c == '\r') {
        return line.toString();
      }
      if (line.length() == maxCharacters) {
        throw LockstepException.data(
            source
                + " line "
                + number
                + " has more than "
                + maxCharacters
                + " characters, so it is no record; mend or remove the line.");
      }
      line.append((char) c);
    }
    return line.isEmpty() ? null : line.toString();
  }
}
