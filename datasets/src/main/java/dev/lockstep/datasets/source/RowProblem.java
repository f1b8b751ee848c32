package dev.lockstep.datasets.source;

/**
 * Why a row cannot be used, without its place. It travels to the driver as a value, so that bad
 * data are not tried again and the first bad row is the one reported.
 *
 * @param column the column at fault, or null where the whole row is
 * @param explanation what was found and what to do, to be read after the place and a colon
 * @param inHeader whether it is the file's header line and not a row
 */
public record RowProblem(String column, String explanation, boolean inHeader) {
  private static final int MAX_SHOWN = 60;

  /** A problem of a data row. */
  public RowProblem(String column, String explanation) {
    this(column, explanation, false);
  }

  /** A feature cell that should hold a finite number and does not. */
  static RowProblem badFeature(String column, String value) {
    return new RowProblem(
        column,
        NumberText.whyNotAFloat(value)
            + " Correct the cell, take the row out, or leave the column out of data.features.");
  }

  /** A weight cell that should hold a finite number and does not. */
  static RowProblem badWeight(String column, String value) {
    return new RowProblem(
        column, NumberText.whyNotAFloat(value) + " Correct the weight or take the row out.");
  }

  /** A label that should be a finite number and is not. */
  public static RowProblem badNumberLabel(String column, String value) {
    return new RowProblem(
        column,
        NumberText.whyNotAFloat(value)
            + " Correct the label or take the row out; if labels are names, set data.task to classification.");
  }

  /** A label cell without text. */
  static RowProblem emptyLabel(String column) {
    return new RowProblem(
        column, "the label is empty. Every example needs one: fill it in or take the row out.");
  }

  /** A weight below zero. */
  static RowProblem negativeWeight(String column, String value) {
    return new RowProblem(
        column, "the weight " + value + " is negative. Weights must be 0 or more.");
  }

  /** Text for a message: quoted and of bounded length. */
  public static String quote(String value) {
    String shown = value.length() <= MAX_SHOWN ? value : value.substring(0, MAX_SHOWN) + "…";
    return "'" + shown.replace("\n", "\\n").replace("\r", "\\r") + "'";
  }
}
