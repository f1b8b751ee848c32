package dev.lockstep.datasets.source;

/**
 * One decoded row, overwritten by the next. Where {@link #problem()} is not null the row cannot be
 * used and the other contents are undefined.
 */
public final class RowBuffer {
  private final float[] features;
  private final String[] texts;
  private final Original original;
  private String file;
  private long start;
  private String label;
  private float weight = 1f;
  private RowProblem problem;

  /** The row that was decoded last, as its source has it. */
  interface Original {
    /** The line, or null where the cells say more. */
    String line();

    /** The cells of all columns of the source, null where empty; null where there is a line. */
    String[] cells();
  }

  /**
   * Room for a row.
   *
   * @param columns number of feature columns
   * @param categorical how many of them hold texts
   * @param original the row as it was before it was decoded
   */
  RowBuffer(int columns, int categorical, Original original) {
    this.features = new float[columns];
    this.texts = new String[categorical];
    this.original = original;
  }

  /** Says where the next contents come from, and forgets the previous row's problem. */
  void place(String newFile, long newStart) {
    file = newFile;
    start = newStart;
    problem = null;
  }

  /** Sets the label's text. */
  void setLabel(String text) {
    label = text;
  }

  /** Sets the weight. */
  void setWeight(float value) {
    weight = value;
  }

  /** Notes a problem; the first one of a row stays. */
  void fail(RowProblem found) {
    if (problem == null) {
      problem = found;
    }
  }

  /** The file, as Spark names it; empty where the rows have no file. */
  public String file() {
    return file;
  }

  /**
   * Start of the row's piece within the file: rows with equal file and start follow one another in
   * order.
   */
  public long start() {
    return start;
  }

  /** Texts of the categorical columns, null where a cell is empty: overwritten by the next row. */
  public String[] texts() {
    return texts;
  }

  /**
   * Numbers of the feature columns, [columns], 0 for those that are categorical: overwritten by the
   * next row.
   */
  public float[] features() {
    return features;
  }

  /** The label's own text; null where no label was asked for. */
  public String label() {
    return label;
  }

  /** The weight, 1 where no weight column was asked for. */
  public float weight() {
    return weight;
  }

  /** The row's own line where it is not made of cells; else null. Made when it is asked for. */
  public String line() {
    return original.line();
  }

  /**
   * The row's own cells, in the order of the source's columns, null where one is empty; null where
   * there is a {@link #line}. Made when they are asked for.
   */
  public String[] cells() {
    return original.cells();
  }

  /** Why the row cannot be used, or null. */
  public RowProblem problem() {
    return problem;
  }
}
