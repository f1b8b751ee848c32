package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON that {@code metrics.jsonl} and {@code summary.json} have in common. */
final class Json {
  /** Nothing that this program writes is nested half as deep. */
  private static final int DEEPEST = 50;

  /**
   * Writes the shortest digits that read back as the same double, on every JDK. Refuses what is
   * nested deeper than anything this program writes; the length of texts is bounded by the one who
   * hands over a text, that of numbers by Jackson.
   */
  static final ObjectMapper MAPPER =
      new ObjectMapper(
          new JsonFactoryBuilder()
              .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
              .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
              .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
              .rootValueSeparator((String) null)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
              .build());

  private Json() {}

  /** JSON has no NaN and no infinities: they become null, which reads back as NaN. */
  static void writeNumber(JsonGenerator json, String key, double value) throws IOException {
    json.writeFieldName(key);
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }

  /** Writes {@code "key": {loss, examples, metrics…}}, or nothing for null. */
  static void writeSplit(JsonGenerator json, String key, SplitMetrics split) throws IOException {
    if (split == null) {
      return;
    }
    json.writeFieldName(key);
    writeSplit(json, split);
  }

  /** Writes {@code {loss, examples, metrics…}}. */
  static void writeSplit(JsonGenerator json, SplitMetrics split) throws IOException {
    json.writeStartObject();
    writeNumber(json, "loss", split.loss());
    json.writeNumberField("examples", split.examples());
    for (Map.Entry<String, Double> metric : split.values().entrySet()) {
      writeNumber(json, metric.getKey(), metric.getValue());
    }
    json.writeEndObject();
  }

  static double number(JsonNode node) {
    return node.asDouble(Double.NaN);
  }

  /** The split under {@code node}, or null where there is none. */
  static SplitMetrics split(JsonNode node) {
    if (!node.isObject()) {
      return null;
    }
    Map<String, Double> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      boolean metric = !field.getKey().equals("loss") && !field.getKey().equals("examples");
      if (metric && (field.getValue().isNumber() || field.getValue().isNull())) {
        values.put(field.getKey(), number(field.getValue()));
      }
    }
    return new SplitMetrics(number(node.path("loss")), node.path("examples").asLong(), values);
  }
}
