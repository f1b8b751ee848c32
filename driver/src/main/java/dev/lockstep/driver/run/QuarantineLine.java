package dev.lockstep.driver.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.lockstep.datasets.pack.BadRow;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * One bad row as one line of JSON: {@code file}, {@code row}, {@code column}, {@code value}, {@code
 * reason}, {@code finding}, and the row itself, either {@code cells} by column or its {@code line}.
 * Texts beyond a limit are cut, and {@code truncated} says so: file and row lead to the whole.
 */
final class QuarantineLine {
  /** Characters that are kept of a cell. */
  static final int MAX_CELL = 4096;

  /** Characters that are kept of a row. */
  static final int MAX_ROW = 32_768;

  private static final JsonFactory JSON = new JsonFactory();

  private final StringWriter text = new StringWriter();
  private final JsonGenerator json;
  private boolean truncated;

  private QuarantineLine() throws IOException {
    json = JSON.createGenerator(text);
  }

  /**
   * The line, without its end.
   *
   * @param columns names of the row's cells
   */
  static String of(BadRow row, List<String> columns) {
    try {
      return new QuarantineLine().write(row, columns);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }

  private String write(BadRow row, List<String> columns) throws IOException {
    json.writeStartObject();
    json.writeStringField("file", row.file());
    json.writeNumberField("row", row.row());
    json.writeStringField("column", row.problem().column());
    writeText("value", row.problem().value(), MAX_CELL);
    json.writeStringField("reason", row.problem().reason().key());
    json.writeStringField("finding", row.problem().finding());
    if (row.cells() == null) {
      writeText("line", row.line(), MAX_ROW);
    } else {
      writeCells(row.cells(), columns);
    }
    if (truncated) {
      json.writeBooleanField("truncated", true);
    }
    json.writeEndObject();
    json.close();
    return text.toString();
  }

  private void writeCells(String[] cells, List<String> columns) throws IOException {
    json.writeObjectFieldStart("cells");
    int left = MAX_ROW;
    for (int i = 0; i < cells.length && left > 0; i++) {
      writeText(columns.get(i), cells[i], Math.min(left, MAX_CELL));
      left -= columns.get(i).length() + (cells[i] == null ? 0 : cells[i].length());
      truncated |= left <= 0 && i + 1 < cells.length;
    }
    json.writeEndObject();
  }

  private void writeText(String key, String value, int most) throws IOException {
    if (value == null || value.length() <= most) {
      json.writeStringField(key, value);
      return;
    }
    truncated = true;
    int end = Character.isHighSurrogate(value.charAt(most - 1)) ? most - 1 : most;
    json.writeStringField(key, value.substring(0, end));
  }
}
