package dev.lockstep.trainer.kernel;

import java.util.Arrays;

/**
 * Loops over row-major [rows, columns] matrices that layers share. Stateless; safe on any thread.
 */
public final class RowKernels {
  /** Up to this length a plain loop beats the call of a block copy. */
  private static final int SHORT_RUN = 8;

  private RowKernels() {}

  /** Adds {@code vector[offset .. offset + columns)} to every row of {@code matrix}. */
  public static void addToRows(float[] matrix, int rows, int columns, float[] vector, int offset) {
    for (int row = 0; row < rows; row++) {
      int start = row * columns;
      for (int j = 0; j < columns; j++) {
        matrix[start + j] += vector[offset + j];
      }
    }
  }

  /**
   * Overwrites {@code sums[offset .. offset + columns)} with the column sums of {@code matrix},
   * added from row 0 on.
   */
  public static void columnSums(float[] matrix, int rows, int columns, float[] sums, int offset) {
    Arrays.fill(sums, offset, offset + columns, 0f);
    for (int row = 0; row < rows; row++) {
      int start = row * columns;
      for (int j = 0; j < columns; j++) {
        sums[offset + j] += matrix[start + j];
      }
    }
  }

  /**
   * Overwrites rows of {@code matrix}, from element {@code matrixOffset} on, with {@code
   * vector[offset .. offset + columns)}.
   */
  public static void fillRows(
      float[] matrix, int matrixOffset, int rows, int columns, float[] vector, int offset) {
    System.arraycopy(vector, offset, matrix, matrixOffset, columns);
    int total = rows * columns;
    for (int filled = columns; filled < total; filled += filled) {
      int length = Math.min(filled, total - filled);
      System.arraycopy(matrix, matrixOffset, matrix, matrixOffset + filled, length);
    }
  }

  /**
   * Adds the column sums of rows of {@code matrix}, from element {@code matrixOffset} on, to {@code
   * sums[0 .. columns)}.
   */
  public static void addColumnSums(
      float[] matrix, int matrixOffset, int rows, int columns, double[] sums) {
    for (int row = 0; row < rows; row++) {
      int start = matrixOffset + row * columns;
      for (int j = 0; j < columns; j++) {
        sums[j] += matrix[start + j];
      }
    }
  }

  /**
   * Copies {@code count} runs of {@code length} values each.
   *
   * @param from read; a run begins every {@code fromStep} elements from {@code fromStart} on
   * @param to overwritten; a run begins every {@code toStep} elements from {@code toStart} on
   */
  public static void copyRuns(
      float[] from,
      int fromStart,
      int fromStep,
      float[] to,
      int toStart,
      int toStep,
      int length,
      int count) {
    int source = fromStart;
    int target = toStart;
    if (length <= SHORT_RUN) {
      for (int run = 0; run < count; run++) {
        for (int i = 0; i < length; i++) {
          to[target + i] = from[source + i];
        }
        source += fromStep;
        target += toStep;
      }
    } else {
      for (int run = 0; run < count; run++) {
        System.arraycopy(from, source, to, target, length);
        source += fromStep;
        target += toStep;
      }
    }
  }
}
