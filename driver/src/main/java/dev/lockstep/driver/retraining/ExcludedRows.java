package dev.lockstep.driver.retraining;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rows of the training location, splits by fractions included, that could not be used and were
 * left out.
 *
 * @param total all rows, these included
 * @param count these rows
 * @param byReason how many of each kind; they add up to {@code count}
 * @param byColumn how many for each column whose cell is the first that holds no usable value
 */
public record ExcludedRows(
    long total, long count, Map<String, Long> byReason, Map<String, Long> byColumn) {
  /** Takes immutable copies, in the order of names. */
  public ExcludedRows {
    byReason = Collections.unmodifiableMap(new TreeMap<>(byReason));
    byColumn = Collections.unmodifiableMap(new TreeMap<>(byColumn));
  }

  /** The share of all rows that were left out because of this column; 0 where there are no rows. */
  public double share(String column) {
    return total == 0 ? 0.0 : (double) byColumn.getOrDefault(column, 0L) / total;
  }
}
