package dev.lockstep.driver.retraining;

import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import dev.lockstep.trainer.layer.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Statistics for tests, made by hand: 100 rows where nothing else is said. */
final class CheckedStatistics {
  static final TextColumn LABEL = new TextColumn("y", List.of("a", "b"), List.of(50L, 50L), 0);

  private CheckedStatistics() {}

  static NumberColumn number(String name, Long... counts) {
    List<Double> edges = new ArrayList<>();
    for (int i = 1; i < counts.length; i++) {
      edges.add(i + 0.5);
    }
    return new NumberColumn(name, 1.5, 0.5, -1.0, 9.25, edges, List.of(counts));
  }

  static TextColumn text(String name, long empty, Long... counts) {
    List<String> levels = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      levels.add(name + i);
    }
    return new TextColumn(name, levels, List.of(counts), empty);
  }

  static DataStatistics of(ColumnStatistics label, ColumnStatistics... columns) {
    return of(100, Map.of(), label, columns);
  }

  /** With so many rows that were left out by column. */
  static DataStatistics of(
      long rows, Map<String, Long> byColumn, ColumnStatistics label, ColumnStatistics... columns) {
    long bad = byColumn.values().stream().mapToLong(Long::longValue).sum();
    return new DataStatistics(
        rows,
        Shape.vector(columns.length),
        label,
        List.of(columns),
        new ExcludedRows(rows + bad, bad, bad == 0 ? Map.of() : Map.of("empty", bad), byColumn));
  }
}
