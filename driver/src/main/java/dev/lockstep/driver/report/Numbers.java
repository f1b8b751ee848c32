package dev.lockstep.driver.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them, the same in every locale. */
public final class Numbers {
  private Numbers() {}

  /** As {@code 0.1234}, {@code 123.4}, {@code 1.234e-7}; digits beyond {@code digits} go. */
  public static String significant(double value, int digits) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "infinity" : "-infinity";
    }
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (exponent < -4 || exponent >= Math.max(digits, 6)) {
      String mantissa = rounded.scaleByPowerOfTen(-exponent).stripTrailingZeros().toPlainString();
      return mantissa + "e" + exponent;
    }
    int decimals = Math.max(0, digits - 1 - exponent);
    return String.format(Locale.ROOT, "%." + decimals + "f", rounded);
  }

  /** A metric: shares as per cent, everything else with four digits. */
  static String metric(String name, double value) {
    return isShare(name) && Double.isFinite(value) ? percent(value) : significant(value, 4);
  }

  /** A share as per cent. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }

  /** A share as per cent without decimals. */
  static String wholePercent(double share) {
    return String.format(Locale.ROOT, "%.0f%%", 100 * share);
  }

  /** Whether a metric lies between 0 and 1 and is read as per cent. */
  static boolean isShare(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith("accuracy")
        || lower.endsWith("f1")
        || lower.endsWith("precision")
        || lower.endsWith("recall");
  }

  /** As {@code 950}, {@code 12.3k}, {@code 4.57M}: three digits and a power of a thousand. */
  static String compact(double value) {
    if (!Double.isFinite(value)) {
      return significant(value, 3);
    }
    String[] suffixes = {"", "k", "M", "G", "T", "P", "E"};
    double scaled = value;
    int power = 0;
    while (Math.abs(scaled) >= 999.5 && power < suffixes.length - 1) {
      scaled /= 1000;
      power++;
    }
    boolean whole = power == 0 && scaled == Math.rint(scaled);
    return (whole ? String.format(Locale.ROOT, "%.0f", scaled) : significant(scaled, 3))
        + suffixes[power];
  }

  /** A count with thin groups of three: {@code 1 234 567}, joined by narrow no-break spaces. */
  static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value).replace(',', '\u202F');
  }

  /** As {@code 0:07}, {@code 12:34}, {@code 1:02:03}, {@code 2d 01:02:03}. */
  static String clock(double seconds) {
    if (!Double.isFinite(seconds)) {
      return "?";
    }
    long whole = Math.round(Math.max(0, seconds));
    long days = whole / 86_400;
    long hours = whole / 3600 % 24;
    long minutes = whole / 60 % 60;
    if (days > 0) {
      return String.format(Locale.ROOT, "%dd %02d:%02d:%02d", days, hours, minutes, whole % 60);
    }
    return hours > 0
        ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", minutes, whole % 60);
  }

  /** As {@code 4.2 s}, {@code 3 min 12 s}, {@code 1 h 2 min}. */
  static String duration(double seconds) {
    if (!Double.isFinite(seconds)) {
      return significant(seconds, 3);
    }
    if (seconds < 59.95) {
      return String.format(Locale.ROOT, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : grouped(whole / 3600) + " h " + whole / 60 % 60 + " min";
  }
}
