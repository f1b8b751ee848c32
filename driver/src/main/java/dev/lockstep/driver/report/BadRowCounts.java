package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The rows of a run's data that could not be used, the key {@code badRows} of {@code summary.json}.
 *
 * @param mode what was done about them: {@code fail}, {@code skip} or {@code quarantine}
 * @param maxFraction bad rows over all rows that each source may have
 * @param sources counts of each source that was read: {@code train} (with the splits that are
 *     fractions of it), {@code validation}, {@code test}
 */
public record BadRowCounts(String mode, double maxFraction, Map<String, Source> sources) {
  /**
   * Counts of one source.
   *
   * @param total all rows that were read
   * @param bad those among them that could not be used
   * @param byReason how many of each kind; they add up to {@code bad}
   */
  public record Source(long total, long bad, Map<String, Long> byReason) {
    /** Keeps the order of the reasons. */
    public Source {
      byReason = Collections.unmodifiableMap(new LinkedHashMap<>(byReason));
    }

    /** Bad rows over all rows. */
    public double fraction() {
      return total == 0 ? 0 : (double) bad / total;
    }
  }

  /** Keeps the order of the sources. */
  public BadRowCounts {
    sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
  }

  /** All sources taken together. */
  public Source all() {
    long total = 0;
    long bad = 0;
    Map<String, Long> byReason = new LinkedHashMap<>();
    for (Source source : sources.values()) {
      total += source.total();
      bad += source.bad();
      source.byReason().forEach((reason, count) -> byReason.merge(reason, count, Long::sum));
    }
    return new Source(total, bad, byReason);
  }

  void write(JsonGenerator json, String key) throws IOException {
    json.writeObjectFieldStart(key);
    json.writeStringField("mode", mode);
    Json.writeNumber(json, "maxFraction", maxFraction);
    write(json, all());
    json.writeObjectFieldStart("sources");
    for (Map.Entry<String, Source> source : sources.entrySet()) {
      json.writeObjectFieldStart(source.getKey());
      write(json, source.getValue());
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void write(JsonGenerator json, Source source) throws IOException {
    json.writeNumberField("total", source.total());
    json.writeNumberField("skipped", mode.equals("skip") ? source.bad() : 0);
    json.writeNumberField("quarantined", mode.equals("quarantine") ? source.bad() : 0);
    Json.writeNumber(json, "fraction", source.fraction());
    json.writeObjectFieldStart("byReason");
    for (Map.Entry<String, Long> reason : source.byReason().entrySet()) {
      json.writeNumberField(reason.getKey(), reason.getValue());
    }
    json.writeEndObject();
  }

  /** What {@link #write} wrote, or null where a summary has no such key. */
  static BadRowCounts read(JsonNode node) {
    if (!node.isObject()) {
      return null;
    }
    Map<String, Source> sources = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> source : node.path("sources").properties()) {
      JsonNode counts = source.getValue();
      Map<String, Long> byReason = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> reason : counts.path("byReason").properties()) {
        byReason.put(reason.getKey(), reason.getValue().asLong());
      }
      sources.put(
          source.getKey(),
          new Source(
              counts.path("total").asLong(),
              counts.path("skipped").asLong() + counts.path("quarantined").asLong(),
              byReason));
    }
    return new BadRowCounts(
        node.path("mode").asText(""), Json.number(node.path("maxFraction")), sources);
  }
}
