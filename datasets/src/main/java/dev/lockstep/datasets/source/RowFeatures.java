package dev.lockstep.datasets.source;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;

/**
 * Reads the raw features of a model out of the rows of a {@link ScoringInput}. Immutable; sent to
 * the tasks.
 */
public final class RowFeatures implements Serializable {
  private static final long serialVersionUID = 1L;

  private final List<String> names;
  private final ColumnCoding coding;
  private final int[] positions;
  private final int pairs;
  private final int[] targets;

  private RowFeatures(
      List<String> names, ColumnCoding coding, int[] positions, int pairs, int[] targets) {
    this.names = names;
    this.coding = coding;
    this.positions = positions;
    this.pairs = pairs;
    this.targets = targets;
  }

  /**
   * Features of columns with a cell each.
   *
   * @param names names of the columns
   * @param coding how their cells become features
   * @param positions place of each column among those of the input, [columns]
   */
  static RowFeatures ofColumns(List<String> names, ColumnCoding coding, int[] positions) {
    return new RowFeatures(names, coding, positions, -1, null);
  }

  /**
   * Features that are pairs {@code index:value} in one column of text.
   *
   * @param pairs place of that column
   * @param targets for each index the place of the feature, or -1
   */
  static RowFeatures ofPairs(List<String> names, int pairs, int[] targets) {
    return new RowFeatures(names, null, null, pairs, targets);
  }

  /** Number of features that {@link #read} writes. */
  public int count() {
    return coding == null ? names.size() : coding.featureCount();
  }

  /**
   * Reads one row.
   *
   * @param row a row of {@link ScoringInput#rows()} that has no problem of its own
   * @param target overwritten from {@code offset} with the raw features, in the order of the
   *     model's feature names
   * @return why the row cannot be used, or null
   */
  public RowProblem read(Row row, float[] target, int offset) {
    if (positions == null) {
      return readPairs(row, target, offset);
    }
    for (int j = 0; j < positions.length; j++) {
      Object cell = row.get(positions[j]);
      if (coding.isText(j)) {
        coding.putText(j, cell == null ? null : cell.toString(), target, offset);
        continue;
      }
      float value =
          cell instanceof Number number
              ? number.floatValue()
              : NumberText.toFloat(cell == null ? null : cell.toString());
      if (!Float.isFinite(value)) {
        return RowProblem.badFeature(names.get(j), cell == null ? null : cell.toString());
      }
      coding.putNumber(j, value, target, offset);
    }
    return null;
  }

  private RowProblem readPairs(Row row, float[] target, int offset) {
    float[] values = new float[names.size()];
    Arrays.fill(values, 0f);
    String text = row.getString(pairs);
    RowProblem problem =
        LibSvmLine.parsePairs(text, 0, text.length(), Long.MAX_VALUE, targets, values);
    if (problem == null) {
      System.arraycopy(values, 0, target, offset, values.length);
    }
    return problem;
  }
}
