package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How the network does on one split.
 *
 * @param loss mean over the split
 * @param examples in the split
 * @param values the task's metrics in the order they are shown, the headline first: {@code
 *     accuracy}, {@code macroF1} … or {@code rmse}, {@code mae}, {@code r2}
 */
public record SplitMetrics(double loss, long examples, Map<String, Double> values) {
  /** Keeps the order of {@code values}. */
  public SplitMetrics {
    Map<String, Double> ordered = new LinkedHashMap<>(values);
    if (ordered.containsKey("loss") || ordered.containsKey("examples")) {
      throw new IllegalArgumentException("loss and examples are no metrics of their own");
    }
    if (ordered.containsKey(null) || ordered.containsValue(null)) {
      throw new IllegalArgumentException("a metric without a name or value: " + values);
    }
    values = Collections.unmodifiableMap(ordered);
  }

  /** The metrics as one JSON object on one line, with the keys of {@code summary.json}. */
  public String toJson() {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = Json.MAPPER.getFactory().createGenerator(out)) {
      Json.writeSplit(json, this);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toString();
  }

  /** The loss or the metric of this name; empty where it was not computed. */
  public OptionalDouble valueOf(String name) {
    Double value = name.equals("loss") ? Double.valueOf(loss) : values.get(name);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
