package dev.lockstep.driver.bench;

import java.util.ArrayList;
import java.util.List;

/** A table as Markdown, its columns padded so that it reads well as plain text too. */
public final class MarkdownTable {
  private final List<String[]> lines = new ArrayList<>();

  /** A table with these column titles; the first column is text, the others are numbers. */
  public MarkdownTable(String... titles) {
    lines.add(titles.clone());
  }

  /** Adds a line with a cell for each column. */
  public MarkdownTable add(String... cells) {
    if (cells.length != lines.get(0).length) {
      throw new IllegalArgumentException(
          cells.length + " cells do not fit " + lines.get(0).length + " columns");
    }
    lines.add(cells.clone());
    return this;
  }

  /** The table, each line ended. */
  @Override
  public String toString() {
    int columns = lines.get(0).length;
    int[] widths = new int[columns];
    for (String[] line : lines) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], Math.max(2, line[column].length()));
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      for (int column = 0; column < columns; column++) {
        String cell = lines.get(i)[column];
        String space = " ".repeat(widths[column] - cell.length());
        text.append("| ").append(column == 0 ? cell + space : space + cell).append(' ');
      }
      text.append("|\n");
      if (i == 0) {
        for (int column = 0; column < columns; column++) {
          String dashes = "-".repeat(widths[column] - 1);
          text.append("| ").append(column == 0 ? dashes + "-" : dashes + ":").append(' ');
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }
}
