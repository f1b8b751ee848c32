package dev.lockstep.datasets.source;

import java.io.Serializable;

/**
 * Why a row cannot be used, without its place. It travels to the driver as a value, so that bad
 * data are not tried again and the first bad row is the one reported.
 *
 * @param reason its kind, for counting
 * @param column the column at fault, or null where the whole row is
 * @param value the text found in that column; null where there is none, or no column is at fault
 * @param finding what was found: a sentence, to be read after the place and a colon
 * @param advice what to do about it: sentences, or empty
 */
public record RowProblem(Reason reason, String column, String value, String finding, String advice)
    implements Serializable {
  private static final int MAX_SHOWN = 60;

  /** Kinds of problems. */
  public enum Reason {
    /** A row with too few or too many cells. */
    WRONG_CELL_COUNT("wrongCellCount"),
    /** A line that is not of the format's form. */
    MALFORMED("malformed"),
    /** An empty cell where a number or a label is needed. */
    EMPTY("empty"),
    /** A text where a number is needed. */
    NOT_NUMERIC("notNumeric"),
    /** NaN, an infinity, or a number too large for 32 bits. */
    NOT_FINITE("notFinite"),
    /** A label that is none of the known classes. */
    UNKNOWN_LABEL("unknownLabel"),
    /** A weight below zero. */
    NEGATIVE_WEIGHT("negativeWeight"),
    /** A header line that differs from the first file's: the whole file is wrong, not a row. */
    HEADER("header");

    private final String key;

    Reason(String key) {
      this.key = key;
    }

    /** The name in files. */
    public String key() {
      return key;
    }

    /** The reason of the given name. */
    public static Reason named(String key) {
      for (Reason reason : values()) {
        if (reason.key.equals(key)) {
          return reason;
        }
      }
      throw new IllegalArgumentException("there is no reason " + key);
    }
  }

  /** A row that is not of the format's form. */
  public RowProblem(String column, String explanation) {
    this(Reason.MALFORMED, column, null, explanation, "");
  }

  /** A feature cell that should hold a finite number and does not. */
  static RowProblem badFeature(String column, String value) {
    return notAFloat(
        column,
        value,
        "Correct the cell, take the row out, or leave the column out of data.features.");
  }

  /** A weight cell that should hold a finite number and does not. */
  static RowProblem badWeight(String column, String value) {
    return notAFloat(column, value, "Correct the weight or take the row out.");
  }

  /** A label that should be a finite number and is not. */
  public static RowProblem badNumberLabel(String column, String value) {
    return notAFloat(
        column,
        value,
        "Correct the label or take the row out; if labels are names, set data.task to"
            + " classification.");
  }

  private static RowProblem notAFloat(String column, String value, String advice) {
    Reason reason =
        value == null || value.isBlank()
            ? Reason.EMPTY
            : NumberText.isNonFinite(value) ? Reason.NOT_FINITE : Reason.NOT_NUMERIC;
    return new RowProblem(reason, column, value, NumberText.whyNotAFloat(value), advice);
  }

  /** A label cell without text. */
  static RowProblem emptyLabel(String column) {
    return new RowProblem(
        Reason.EMPTY,
        column,
        null,
        "the label is empty.",
        "Every example needs one: fill it in or take the row out.");
  }

  /** A label that is none of the known classes. */
  public static RowProblem unknownLabel(String column, String value, String finding) {
    return new RowProblem(
        Reason.UNKNOWN_LABEL,
        column,
        value,
        finding,
        "Correct the label, take the row out, or train with examples of it.");
  }

  /** A weight below zero. */
  static RowProblem negativeWeight(String column, String value) {
    return new RowProblem(
        Reason.NEGATIVE_WEIGHT,
        column,
        value,
        "the weight " + quoteNumber(value) + " is negative.",
        "Weights must be 0 or more.");
  }

  /** Whether it is the file's header line and not a row. */
  public boolean inHeader() {
    return reason == Reason.HEADER;
  }

  /** The same to be sent: the value may be of any length, and the finding has its part of it. */
  public RowProblem withoutValue() {
    return new RowProblem(reason, column, null, finding, advice);
  }

  /**
   * The place and the problem, for people.
   *
   * @param file as {@link RowBuffer#file()} names it
   * @param row in the file, from 1
   */
  public String describe(String file, long row) {
    return FileNames.display(file)
        + (inHeader() ? ", header" : ", row " + row)
        + (column == null ? "" : ", column '" + column + "'")
        + ": "
        + explanation();
  }

  /** What was found and what to do. */
  public String explanation() {
    return advice.isEmpty() ? finding : finding + " " + advice;
  }

  /** Numbers stand without quotes, and may be padded with any number of zeros. */
  private static String quoteNumber(String value) {
    return value.length() <= MAX_SHOWN ? value : value.substring(0, MAX_SHOWN) + "…";
  }

  /** Text for a message: quoted and of bounded length. */
  public static String quote(String value) {
    String shown = value.length() <= MAX_SHOWN ? value : value.substring(0, MAX_SHOWN) + "…";
    return "'" + shown.replace("\n", "\\n").replace("\r", "\\r") + "'";
  }
}
