package dev.lockstep.datasets.source;

/**
 * Numbers as people write them in data files: decimal digits, sign, point, exponent; spaces around
 * them do not count.
 */
public final class NumberText {
  /** Up to this many digits, a whole number is exact in float32. */
  private static final int EXACT_DIGITS = 7;

  private NumberText() {}

  /**
   * The float32 nearest to the number, or NaN where the text is null, not a decimal number or not
   * finite in float32.
   */
  public static float toFloat(String text) {
    if (text == null) {
      return Float.NaN;
    }
    int length = text.length();
    if (length > 0 && length <= EXACT_DIGITS) {
      int value = 0;
      int i = 0;
      while (i < length && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
        value = value * 10 + (text.charAt(i++) - '0');
      }
      if (i == length) {
        return value;
      }
    }
    if (!hasDecimalCharactersOnly(text)) {
      return Float.NaN;
    }
    try {
      float value = Float.parseFloat(text);
      return Float.isInfinite(value) ? Float.NaN : value;
    } catch (NumberFormatException notANumber) {
      return Float.NaN;
    }
  }

  /** The float64 nearest to the number, or NaN where {@link #toFloat} would give NaN. */
  public static double toDouble(String text) {
    return Float.isNaN(toFloat(text)) ? Double.NaN : Double.parseDouble(text);
  }

  /**
   * Whether the text looks like a number that is missing or not finite (NaN, infinity, too large),
   * rather than like a word.
   */
  public static boolean isNonFinite(String text) {
    String word = text.strip();
    int start = word.startsWith("-") || word.startsWith("+") ? 1 : 0;
    String unsigned = word.substring(start);
    if (unsigned.equalsIgnoreCase("nan")
        || unsigned.equalsIgnoreCase("inf")
        || unsigned.equalsIgnoreCase("infinity")) {
      return true;
    }
    if (!hasDecimalCharactersOnly(text)) {
      return false;
    }
    try {
      return Float.isInfinite(Float.parseFloat(text));
    } catch (NumberFormatException notANumber) {
      return false;
    }
  }

  /** Why {@link #toFloat} gives NaN for a cell: a sentence. */
  static String whyNotAFloat(String text) {
    if (text == null || text.isBlank()) {
      return "the cell is empty, and a number is needed.";
    }
    return RowProblem.quote(text)
        + (isNonFinite(text) ? " is not a finite 32-bit number." : " is not a number.");
  }

  private static boolean hasDecimalCharactersOnly(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean decimal =
          (c >= '0' && c <= '9')
              || c == '.'
              || c == '-'
              || c == '+'
              || c == 'e'
              || c == 'E'
              || c <= ' ';
      if (!decimal) {
        return false;
      }
    }
    return true;
  }
}
