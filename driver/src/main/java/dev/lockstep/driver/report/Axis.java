package dev.lockstep.driver.report;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Maps values to places along a chart's edge, and finds round numbers to write there.
 *
 * @param min value at place 0
 * @param max value at place 1, greater than {@code min}
 * @param logarithmic whether equal distances are equal ratios; then both ends are positive
 */
record Axis(double min, double max, boolean logarithmic) {
  /** From this ratio of the largest to the smallest value on, a logarithmic axis reads better. */
  private static final double LOGARITHMIC_FROM_RATIO = 50;

  /** A round number and its place from 0 to 1. */
  record Tick(double position, String label) {}

  /** More than on any axis, even where doubles are too coarse for its ends. */
  private static final int MOST_TICKS = 100;

  /** An axis that shows {@code low} to {@code high} and ends there. */
  static Axis exact(double low, double high) {
    // Far out, a half is less than doubles can tell apart.
    double half = Math.max(0.5, Math.abs(low) * 1e-9);
    return high > low ? new Axis(low, high, false) : new Axis(low - half, low + half, false);
  }

  /** A logarithmic axis that shows {@code low} to {@code high}, both positive, and ends there. */
  static Axis exactLogarithmic(double low, double high) {
    return new Axis(low, high, true);
  }

  /**
   * An axis that ends at round numbers around {@code low} to {@code high}: logarithmic where these
   * are positive and far apart, from zero where that costs little room. Without finite values it is
   * 0 to 1.
   */
  static Axis around(double low, double high) {
    if (!(Double.isFinite(low) && Double.isFinite(high) && low <= high)) {
      return new Axis(0, 1, false);
    }
    double bottom = withinReason(low);
    double top = withinReason(high);
    if (bottom > 0 && top / bottom >= LOGARITHMIC_FROM_RATIO) {
      return new Axis(bottom * 0.9, top * 1.1, true);
    }
    if (bottom > 0 && bottom < 0.4 * top) {
      bottom = 0;
    }
    if (top - bottom <= 1e-12 * Math.abs(top)) {
      double half = top == 0 ? 1 : Math.abs(top);
      bottom -= half;
      top += half;
    }
    double step = roundStep((top - bottom) / 4);
    return new Axis(Math.floor(bottom / step) * step, Math.ceil(top / step) * step, false);
  }

  /** Keeps the arithmetic on axes away from overflow and underflow. */
  private static double withinReason(double value) {
    return Math.abs(value) < 1e-300 ? 0 : Math.max(-1e300, Math.min(1e300, value));
  }

  /** Place of a value, from 0 at the start to 1; values beyond an end are put there. */
  double position(double value) {
    double place;
    if (logarithmic) {
      place = value > 0 ? (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min)) : 0;
    } else {
      place = (value - min) / (max - min);
    }
    return Math.max(0, Math.min(1, place));
  }

  /** About {@code count} ticks at round numbers, in rising order. */
  List<Tick> ticks(int count) {
    return logarithmic ? logarithmicTicks(count) : linearTicks(roundStep((max - min) / count));
  }

  /** As {@link #ticks}, at whole numbers only. */
  List<Tick> wholeTicks(int count) {
    return linearTicks(Math.max(1, roundStep((max - min) / count)));
  }

  private List<Tick> linearTicks(double step) {
    List<Tick> ticks = new ArrayList<>();
    long first = (long) Math.ceil(min / step - 1e-9);
    long last = Math.min(first + MOST_TICKS, (long) Math.floor(max / step + 1e-9));
    for (long i = first; i <= last; i++) {
      double value = i * step;
      ticks.add(new Tick(position(value), label(value, step)));
    }
    return ticks;
  }

  /** Powers of ten; where these are few also twice and five times, where many not each. */
  private List<Tick> logarithmicTicks(int count) {
    int lowest = (int) Math.floor(Math.log10(min));
    int highest = (int) Math.ceil(Math.log10(max));
    int stride = Math.max(1, (int) Math.ceil((double) (highest - lowest) / (count + 1)));
    int[] multiples = highest - lowest <= 3 ? new int[] {1, 2, 5} : new int[] {1};
    List<Tick> ticks = new ArrayList<>();
    for (int exponent = lowest; exponent <= highest; exponent++) {
      for (int multiple : multiples) {
        double value = BigDecimal.valueOf(multiple).scaleByPowerOfTen(exponent).doubleValue();
        if (Math.floorMod(exponent, stride) == 0 && value >= min && value <= max) {
          ticks.add(new Tick(position(value), label(value, value)));
        }
      }
    }
    return ticks;
  }

  /** The smallest of 1, 2, 5, 10, 20, … and their like that is not below {@code step}. */
  private static double roundStep(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (int multiple : new int[] {1, 2, 5}) {
      if (multiple * power >= step * (1 - 1e-9)) {
        return multiple * power;
      }
    }
    return 10 * power;
  }

  private static String label(double value, double step) {
    if (Math.abs(value) < 1e-9 * step) {
      return "0";
    }
    if (Math.abs(value) >= 10_000 && Math.abs(value) < 1e15) {
      return withoutTrailingZeros(Numbers.compact(value));
    }
    if (step < 1e-4 || Math.abs(value) >= 1e15) {
      return withoutTrailingZeros(Numbers.significant(value, 3));
    }
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  static String withoutTrailingZeros(String number) {
    return number.replaceFirst("(\\.\\d*?)0+(?=\\D*$)", "$1").replaceFirst("\\.(?=\\D*$)", "");
  }
}
