package dev.lockstep.datasets.source;

/** One line {@code label index:value …}; text after {@code #} is a comment. */
final class LibSvmLine {
  private static final String FORM = "A line reads: label index:value index:value ...";
  private static final int[] NO_TARGETS = {};
  private static final float[] NO_VALUES = {};

  private LibSvmLine() {}

  /** Whether nothing but white space stands before a comment. */
  static boolean isBlank(String line) {
    return skipSpace(line, 0, end(line)) == end(line);
  }

  /** The label's text, or null where the line starts with a pair. */
  static String label(String line) {
    int end = end(line);
    int from = skipSpace(line, 0, end);
    String text = line.substring(from, skipWord(line, from, end));
    return text.isEmpty() || text.indexOf(':') >= 0 ? null : text;
  }

  /** The text of the pairs, which may be empty. */
  static String pairs(String line) {
    int end = end(line);
    return line.substring(skipWord(line, skipSpace(line, 0, end), end), end).strip();
  }

  /** What to say of a line without a label. */
  static RowProblem noLabel(String line) {
    return malformed(
        "the line starts with " + RowProblem.quote(line.strip()) + " and has no label.", FORM);
  }

  /** Whether the line has a label and pairs as they should be. */
  static boolean isWhole(String line) {
    return label(line) != null && parse(line, Long.MAX_VALUE, NO_TARGETS, NO_VALUES) == null;
  }

  /** The index of the last pair; 0 where it cannot be read. */
  static long lastIndex(String line) {
    int end = end(line);
    while (end > 0 && line.charAt(end - 1) <= ' ') {
      end--;
    }
    int from = end;
    while (from > 0 && line.charAt(from - 1) > ' ') {
      from--;
    }
    int colon = line.indexOf(':', from);
    long index = colon < 0 || colon >= end ? -1 : wholeNumber(line, from, colon);
    return Math.max(0, index);
  }

  /**
   * Reads the pairs behind the label.
   *
   * @param maxIndex largest index that may occur
   * @param targets for each index its place in {@code row}, or -1; larger indices are not used
   * @param row overwritten at the places of the pairs that are used; must hold zeros
   * @return what is wrong with the line, or null
   */
  static RowProblem parse(String line, long maxIndex, int[] targets, float[] row) {
    int end = end(line);
    int from = skipWord(line, skipSpace(line, 0, end), end);
    return parsePairs(line, from, end, maxIndex, targets, row);
  }

  /** As {@link #parse}, for the text of the pairs alone. */
  static RowProblem parsePairs(
      String line, int start, int end, long maxIndex, int[] targets, float[] row) {
    long previous = 0;
    int from = skipSpace(line, start, end);
    while (from < end) {
      int to = skipWord(line, from, end);
      int colon = line.indexOf(':', from);
      long index = colon < 0 || colon >= to ? -1 : wholeNumber(line, from, colon);
      if (index < 0) {
        return malformed(
            RowProblem.quote(line.substring(from, to)) + " is not a pair index:value.", FORM);
      }
      if (index == 0) {
        return malformed(
            "the index 0 in "
                + RowProblem.quote(line.substring(from, to))
                + " is not allowed: indices count from 1.",
            "");
      }
      if (index <= previous) {
        return malformed(
            "the index " + index + " follows " + previous + ".",
            "The indices of a line must ascend.");
      }
      if (index > maxIndex) {
        return malformed(
            "the index "
                + index
                + " is above "
                + maxIndex
                + ", the largest that makes columns by itself.",
            "Correct it, or set data.options.numFeatures to the number of features.");
      }
      previous = index;
      String text = line.substring(colon + 1, to);
      float value = NumberText.toFloat(text);
      if (Float.isNaN(value) || text.isEmpty()) {
        return RowProblem.badFeature("f" + index, text);
      }
      if (index < targets.length && targets[(int) index] >= 0) {
        row[targets[(int) index]] = value;
      }
      from = skipSpace(line, to, end);
    }
    return null;
  }

  private static RowProblem malformed(String finding, String advice) {
    return new RowProblem(RowProblem.Reason.MALFORMED, null, null, finding, advice);
  }

  /** The number, or -1 where the text is not one of 1 to 18 digits. */
  private static long wholeNumber(String line, int from, int to) {
    if (from >= to || to - from > 18) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      char c = line.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  private static int end(String line) {
    int comment = line.indexOf('#');
    return comment < 0 ? line.length() : comment;
  }

  private static int skipSpace(String line, int from, int end) {
    int i = from;
    while (i < end && line.charAt(i) <= ' ') {
      i++;
    }
    return i;
  }

  private static int skipWord(String line, int from, int end) {
    int i = from;
    while (i < end && line.charAt(i) > ' ') {
      i++;
    }
    return i;
  }
}
