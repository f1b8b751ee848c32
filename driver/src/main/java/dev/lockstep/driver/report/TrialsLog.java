package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code trials.jsonl}: one JSON object a line for each trial and rung. */
public final class TrialsLog {
  private TrialsLog() {}

  /** The whole file. */
  public static String write(Collection<TrialRecord> records) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = Json.MAPPER.getFactory().createGenerator(out)) {
      for (TrialRecord record : records) {
        write(json, record);
        json.writeRaw('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toString();
  }

  private static void write(JsonGenerator json, TrialRecord record) throws IOException {
    json.writeStartObject();
    json.writeNumberField("trial", record.trial());
    json.writeNumberField("rung", record.rung());
    json.writeStringField("status", record.status());
    writeParameters(json, record.parameters());
    json.writeNumberField("epochs", record.epochs());
    json.writeNumberField("steps", record.steps());
    Json.writeNumber(json, "value", record.value());
    Json.writeSplit(json, "train", record.train());
    Json.writeSplit(json, "validation", record.validation());
    json.writeStringField("dataFingerprint", record.dataFingerprint());
    Json.writeNumber(json, "seconds", record.seconds());
    json.writeEndObject();
  }

  /** Writes {@code "parameters": {key path: value}}; the values are JSON already. */
  static void writeParameters(JsonGenerator json, Map<String, String> parameters)
      throws IOException {
    json.writeObjectFieldStart("parameters");
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      json.writeFieldName(parameter.getKey());
      json.writeRawValue(parameter.getValue());
    }
    json.writeEndObject();
  }

  /**
   * Reads what was written. A last line cut short is passed over.
   *
   * @param source the file's name, for messages
   * @throws LockstepException of kind data for any other line that is no record
   */
  public static List<TrialRecord> read(String text, String source) {
    List<String> lines = text.lines().toList();
    List<TrialRecord> records = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      try {
        JsonNode json = Json.MAPPER.readTree(lines.get(i));
        if (json.path("trial").isInt() && json.path("status").isTextual()) {
          records.add(record(json));
          continue;
        }
      } catch (JsonProcessingException malformed) {
        if (i == lines.size() - 1) {
          break;
        }
        throw broken(source, i, malformed.getOriginalMessage(), malformed);
      }
      if (!lines.get(i).isBlank()) {
        throw broken(source, i, "it has no trial and status", null);
      }
    }
    return records;
  }

  private static LockstepException broken(String source, int line, String why, Exception cause) {
    return new LockstepException(
        ErrorKind.DATA,
        source + " line " + (line + 1) + " is no record of a trial; remove the line: " + why,
        cause);
  }

  private static TrialRecord record(JsonNode json) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> parameter : json.path("parameters").properties()) {
      parameters.put(parameter.getKey(), parameter.getValue().toString());
    }
    return new TrialRecord(
        json.path("trial").asInt(),
        json.path("rung").asInt(1),
        json.path("status").asText(),
        parameters,
        json.path("epochs").asInt(),
        json.path("steps").asLong(),
        Json.number(json.path("value")),
        Json.split(json.path("train")),
        Json.split(json.path("validation")),
        json.path("dataFingerprint").asText(""),
        Json.number(json.path("seconds")));
  }

  /** Whether two sets of parameters mean the same, however their numbers are written. */
  public static boolean sameParameters(Map<String, String> some, Map<String, String> others) {
    if (!some.keySet().equals(others.keySet())) {
      return false;
    }
    try {
      for (Map.Entry<String, String> parameter : some.entrySet()) {
        JsonNode one = Json.MAPPER.readTree(parameter.getValue());
        JsonNode other = Json.MAPPER.readTree(others.get(parameter.getKey()));
        if (!one.equals(other)) {
          return false;
        }
      }
      return true;
    } catch (JsonProcessingException notJson) {
      throw new IllegalArgumentException("values are JSON: " + some + ", " + others, notJson);
    }
  }
}
