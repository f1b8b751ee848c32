package dev.lockstep.datasets.source;

/**
 * One decoded row, overwritten by the next. Where {@link #problem()} is not null the row cannot be
 * used and the other contents are undefined.
 */
public final class RowBuffer {
  private final float[] features;
  private String file;
  private long start;
  private String label;
  private float weight = 1f;
  private RowProblem problem;

  /** Room for a row. */
  RowBuffer(int featureCount) {
    features = new float[featureCount];
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

  /** Raw features, [features]: overwritten by the next row. */
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

  /** Why the row cannot be used, or null. */
  public RowProblem problem() {
    return problem;
  }
}
