package dev.lockstep.driver.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.search.SearchParameter;
import dev.lockstep.trainer.search.SearchSpace;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Outcome of a search: {@code tuning.json}, {@code ranking.csv} and the table on stdout.
 *
 * @param name the run's name
 * @param metric by which trials are ranked
 * @param search {@code random} or {@code grid}
 * @param seed of the values that were drawn
 * @param space what varied
 * @param ranking each trial as it ended, best first
 * @param version of Lockstep
 */
public record TuningSummary(
    String name,
    WatchedMetric metric,
    String search,
    long seed,
    SearchSpace space,
    List<TrialRecord> ranking,
    String version) {
  private static final int WIDEST_CELL = 24;

  /** Takes a copy of the ranking. */
  public TuningSummary {
    ranking = List.copyOf(ranking);
  }

  /** The first of the ranking; empty where no trial has a value. */
  public Optional<TrialRecord> best() {
    return ranking.isEmpty() || !ranking.get(0).score().isKnown()
        ? Optional.empty()
        : Optional.of(ranking.get(0));
  }

  /** Time spent on all trials together, however many ran at once. */
  double trainingSeconds() {
    return ranking.stream().mapToDouble(TrialRecord::seconds).sum();
  }

  /** Indented JSON, ending in a newline. */
  public String toJson() {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = Json.MAPPER.getFactory().createGenerator(out)) {
      json.setPrettyPrinter(
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));
      json.writeStartObject();
      json.writeStringField("name", name);
      json.writeStringField("metric", metric.toString());
      json.writeBooleanField("lowerIsBetter", metric.lowerIsBetter());
      json.writeStringField("search", search);
      json.writeNumberField("seed", seed);
      json.writeNumberField("trials", ranking.size());
      if (best().isPresent()) {
        json.writeNumberField("bestTrial", best().get().trial());
      } else {
        json.writeNullField("bestTrial");
      }
      Json.writeNumber(json, "trainingSeconds", trainingSeconds());
      json.writeStringField("version", version);
      json.writeArrayFieldStart("ranking");
      for (int i = 0; i < ranking.size(); i++) {
        TrialRecord record = ranking.get(i);
        json.writeStartObject();
        json.writeNumberField("rank", i + 1);
        json.writeNumberField("trial", record.trial());
        json.writeStringField("status", record.status());
        Json.writeNumber(json, "value", record.value());
        json.writeNumberField("epochs", record.epochs());
        TrialsLog.writeParameters(json, record.parameters());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out + "\n";
  }

  /** The ranking with a header; it holds no times, so that equal searches give equal files. */
  public String toCsv() {
    StringBuilder csv = new StringBuilder("rank,trial,status,").append(quoted(metric.toString()));
    csv.append(",epochs,steps");
    for (SearchParameter parameter : space.parameters()) {
      csv.append(',').append(quoted(parameter.path()));
    }
    csv.append('\n');
    for (int i = 0; i < ranking.size(); i++) {
      TrialRecord record = ranking.get(i);
      csv.append(i + 1).append(',').append(record.trial()).append(',').append(record.status());
      csv.append(',').append(record.score().isKnown() ? Double.toString(record.value()) : "");
      csv.append(',').append(record.epochs()).append(',').append(record.steps());
      for (SearchParameter parameter : space.parameters()) {
        csv.append(',').append(quoted(shown(record.parameters().get(parameter.path()))));
      }
      csv.append('\n');
    }
    return csv.toString();
  }

  private static String quoted(String cell) {
    return cell.matches("[^\",\r\n]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  /** The ranking for people, one line a trial, columns aligned. */
  public String toTable() {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("rank", "trial", metric.toString(), "epochs"));
    for (SearchParameter parameter : space.parameters()) {
      head.add(parameter.path());
    }
    head.add("status");
    rows.add(head);
    for (int i = 0; i < ranking.size(); i++) {
      TrialRecord record = ranking.get(i);
      List<String> row = new ArrayList<>();
      row.add(Integer.toString(i + 1));
      row.add(Integer.toString(record.trial()));
      row.add(value(record));
      row.add(Integer.toString(record.epochs()));
      for (SearchParameter parameter : space.parameters()) {
        row.add(narrow(shown(record.parameters().get(parameter.path()))));
      }
      row.add(record.status());
      rows.add(row);
    }
    int[] widths = new int[head.size()];
    for (List<String> row : rows) {
      for (int j = 0; j < widths.length; j++) {
        widths[j] = Math.max(widths[j], row.get(j).length());
      }
    }
    StringBuilder table = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int j = 0; j < widths.length; j++) {
        boolean last = j == widths.length - 1;
        String format = last ? "%s" : "%" + widths[j] + "s  ";
        line.append(String.format(Locale.ROOT, format, row.get(j)));
      }
      table.append(line).append('\n');
    }
    return table.toString();
  }

  /** The value as in tables: four or so digits, or a dash. */
  String value(TrialRecord record) {
    return record.score().isKnown() ? Numbers.significant(record.value(), 4) : "–";
  }

  /** A parameter's JSON as people write it: texts without quotes, on one line. */
  static String shown(String json) {
    try {
      var node = Json.MAPPER.readTree(json);
      String text = node.isTextual() ? node.textValue() : json;
      return text.replaceAll("\\p{Cntrl}", " ");
    } catch (IOException notJson) {
      throw new UncheckedIOException("values are JSON: " + json, notJson);
    }
  }

  private static String narrow(String cell) {
    return cell.length() <= WIDEST_CELL ? cell : cell.substring(0, WIDEST_CELL - 1) + "…";
  }
}
