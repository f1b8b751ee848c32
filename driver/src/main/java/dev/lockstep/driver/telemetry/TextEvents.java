package dev.lockstep.driver.telemetry;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events as lines of the program's log, by the logger {@value #LOGGER}: words of the form {@code
 * key=value}, {@code event} first. A value that is no plain word stands in quotation marks, written
 * as a string of JSON, so that no value can end a line or look like another key.
 *
 * <pre>
 *   event=checkpointWritten application=local-1 run=runs/digits attempt=1 step=500 seconds=0.031
 * </pre>
 */
public final class TextEvents implements EventLog {
  /** Name of the logger. */
  public static final String LOGGER = "dev.lockstep.events";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.:/@+-]+");

  private final Redaction redaction;

  /**
   * Events without secrets.
   *
   * @param redaction knows these
   */
  public TextEvents(Redaction redaction) {
    this.redaction = redaction;
  }

  @Override
  public void tell(Event event) {
    LOG.atLevel(event.kind().level()).log(line(event));
  }

  /** The line of an event, without what the log puts before it. */
  String line(Event event) {
    StringBuilder line = new StringBuilder("event=").append(event.kind().key());
    if (event.run() != null) {
      append(line, "application", event.run().application());
      append(line, "run", event.run().run());
      append(line, "attempt", event.run().attempt());
    }
    for (Map.Entry<String, Object> field : event.fields().entrySet()) {
      append(line, field.getKey(), field.getValue());
    }
    // Why a run failed is the paragraph that the program ends with.
    boolean toldAtTheEnd = event.kind() == EventKind.FAILED || event.kind() == EventKind.DIVERGED;
    if (!toldAtTheEnd && !event.message().equals(event.kind().sentence())) {
      append(line, "message", event.message());
    }
    return line.toString();
  }

  private void append(StringBuilder line, String key, Object value) {
    line.append(' ').append(key).append('=');
    String text = value.toString();
    if (value instanceof String) {
      text = GuardedOutput.printable(redaction.inMessage(text));
    }
    if (PLAIN.matcher(text).matches()) {
      line.append(text);
    } else {
      line.append('"');
      line.append(JsonStringEncoder.getInstance().quoteAsString(text));
      line.append('"');
    }
  }
}
