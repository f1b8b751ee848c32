package dev.lockstep.trainer.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as short texts that read back as themselves. */
final class DecimalText {
  private static final MathContext DRAWN = new MathContext(6, RoundingMode.HALF_EVEN);

  private DecimalText() {}

  /** The number at the six significant digits that drawn values have. */
  static BigDecimal rounded(BigDecimal number) {
    return number.round(DRAWN);
  }

  /** A number that was written by a person, with all its digits. */
  static String of(double number) {
    return of(BigDecimal.valueOf(number));
  }

  /** {@code number} rounded; rounding does not leave the range. */
  static String within(double number, double from, double to) {
    return within(rounded(new BigDecimal(number)), from, to);
  }

  /** {@code number}, or the end of the range that it lies beyond. */
  static String within(BigDecimal number, double from, double to) {
    BigDecimal low = BigDecimal.valueOf(from);
    BigDecimal high = BigDecimal.valueOf(to);
    return of(number.max(low).min(high));
  }

  private static String of(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    int exponent = stripped.precision() - stripped.scale() - 1;
    return exponent < -6 || exponent > 14 ? stripped.toString() : stripped.toPlainString();
  }
}
