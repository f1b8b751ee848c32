package dev.lockstep.trainer.kernel;

import java.util.Arrays;

/**
 * Loops over row-major [rows, columns] matrices that layers share. Stateless; safe on any thread.
 */
public final class RowKernels {
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
}
