package dev.lockstep.driver.telemetry;

import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.slf4j.event.Level;

/**
 * A stderr of which every line is a JSON object. What the program prints by {@code println} becomes
 * the message of one object, however many lines it has, so that no text can pass for an event. What
 * others write, the log above all, is taken line by line: lines that are objects already stay so.
 */
public final class JsonOutput extends PrintStream implements EventLog {
  private final PrintStream target;
  private final JsonLines lines;
  private volatile boolean exitTold;

  private JsonOutput(PrintStream target, JsonLines lines) {
    // Without automatic flushing, which would pass long lines on in pieces.
    super(GuardedOutput.inForm(target, lines::foreign), false, StandardCharsets.UTF_8);
    this.target = target;
    this.lines = lines;
  }

  /** Lines of JSON for {@code target}, without secrets. */
  public static JsonOutput before(PrintStream target, Redaction redaction) {
    return before(target, redaction, Clock.systemUTC());
  }

  static JsonOutput before(PrintStream target, Redaction redaction, Clock clock) {
    return new JsonOutput(target, new JsonLines(redaction, clock));
  }

  @Override
  public void tell(Event event) {
    pass(lines.event(event));
  }

  /**
   * Says how the program ends; the first time counts.
   *
   * @param code its exit code, not 0
   * @param sentence why
   */
  public synchronized void tellExit(Level level, int code, String sentence) {
    if (!exitTold) {
      exitTold = true;
      pass(lines.exit(level, code, sentence));
    }
  }

  @Override
  public void println(String text) {
    if (text == null || !text.isBlank()) {
      pass(lines.message(String.valueOf(text)));
    }
  }

  @Override
  public void println(Object value) {
    println(String.valueOf(value));
  }

  private void pass(String line) {
    // What is half written is a line of its own.
    super.flush();
    target.print(line);
    target.flush();
  }
}
