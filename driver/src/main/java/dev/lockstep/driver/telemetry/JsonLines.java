package dev.lockstep.driver.telemetry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.driver.secret.GuardedOutput;
import dev.lockstep.driver.secret.Redaction;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.slf4j.event.Level;

/**
 * Makes the lines of a log in which every line is a JSON object: {@code time} (ISO 8601, UTC),
 * {@code level}, {@code event}, {@code message}, then {@code application}, {@code run} and {@code
 * attempt} as soon as they are known, then what belongs to the event. Secrets are taken out of all
 * texts, and control characters become question marks but for line feeds and tabs, which are
 * written as JSON has them.
 */
final class JsonLines {
  /** What stands for the event in a line that is just a message. */
  static final String MESSAGE = "message";

  /** How messages begin that the program wants to be seen. */
  private static final String WARNING = "lockstep: ";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final JsonFactory JSON = new JsonFactory();
  private static final ObjectMapper MAPPER = new ObjectMapper(JSON);

  private final Redaction redaction;
  private final Clock clock;
  private volatile RunContext run;

  JsonLines(Redaction redaction, Clock clock) {
    this.redaction = redaction;
    this.clock = clock;
  }

  /** A step in the life of a run, to which later messages belong too. */
  String event(Event event) {
    if (event.run() != null) {
      run = event.run();
    }
    return object(event.kind().level(), event.kind().key(), event.message(), event.fields());
  }

  /** Something said to the user. */
  String message(String text) {
    return text.startsWith(WARNING)
        ? object(Level.WARN, MESSAGE, text.substring(WARNING.length()), Map.of())
        : object(Level.INFO, MESSAGE, text, Map.of());
  }

  /** How the program ends where not all is done. */
  String exit(Level level, int code, String text) {
    return object(level, "exit", text, Map.of("exitCode", code));
  }

  /**
   * A line that somebody else printed, as it may pass: an object stays one, without secrets;
   * anything else becomes the message of one; of a blank line nothing is left.
   */
  String foreign(String line) {
    String text = line.strip();
    if (text.isEmpty()) {
      return "";
    }
    if (text.startsWith("{")) {
      try {
        JsonNode node = MAPPER.readTree(text);
        if (node.isObject()) {
          return written(json -> write(json, node));
        }
      } catch (JsonProcessingException noJson) {
        return message(text);
      }
    }
    return message(text);
  }

  private String object(Level level, String event, String message, Map<String, Object> fields) {
    RunContext known = run;
    return written(
        json -> {
          json.writeStartObject();
          json.writeStringField("time", TIME.format(clock.instant()));
          json.writeStringField("level", level.toString().toLowerCase(Locale.ROOT));
          json.writeStringField("event", event);
          json.writeStringField("message", safe(message));
          if (known != null) {
            json.writeStringField("application", safe(known.application()));
            json.writeStringField("run", safe(known.run()));
            json.writeNumberField("attempt", known.attempt());
          }
          for (Map.Entry<String, Object> field : fields.entrySet()) {
            json.writeFieldName(field.getKey());
            if (field.getValue() instanceof String text) {
              json.writeString(safe(text));
            } else {
              json.writePOJO(field.getValue());
            }
          }
          json.writeEndObject();
        });
  }

  private String safe(String text) {
    return GuardedOutput.printable(redaction.inMessage(text));
  }

  /** Writes a value as it is, but its texts without secrets. */
  private void write(JsonGenerator json, JsonNode node) throws IOException {
    if (node.isObject()) {
      json.writeStartObject();
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        json.writeFieldName(GuardedOutput.printable(field.getKey()));
        write(json, field.getValue());
      }
      json.writeEndObject();
    } else if (node.isArray()) {
      json.writeStartArray();
      for (JsonNode element : node) {
        write(json, element);
      }
      json.writeEndArray();
    } else if (node.isTextual()) {
      json.writeString(safe(node.textValue()));
    } else {
      json.writeTree(node);
    }
  }

  private interface Content {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static String written(Content content) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = MAPPER.createGenerator(line)) {
      content.writeTo(json);
    } catch (IOException failure) {
      throw new UncheckedIOException("writing to memory", failure);
    }
    return line.append('\n').toString();
  }
}
