package dev.lockstep.datasets.source;

import java.io.Serializable;

/**
 * Rows of numbers with a label each, which a task makes or reads by itself, one piece at a time.
 */
interface RowGenerator extends Serializable {
  /** The file that the rows of a piece are said to come from, or an empty text. */
  String file(int piece);

  /** Number of pieces, each read by one task. */
  int pieces();

  /** Number of rows before a piece in its file. */
  long firstRow(int piece);

  /** Starts reading a piece; the caller closes it. */
  Cursor open(int piece);

  /** Place in a piece. */
  interface Cursor extends AutoCloseable {
    /**
     * Reads the next row.
     *
     * @param values overwritten with all feature columns
     * @return false where the piece has no more rows
     */
    boolean next(float[] values);

    /** The label's text in the row that was read, or null where there are no labels. */
    String label();

    /** What is wrong with the row that was read, or null. */
    default RowProblem problem() {
      return null;
    }

    @Override
    void close();
  }
}
