package dev.lockstep.driver.report;

import java.util.Arrays;

/**
 * A line of a chart. Values that are not finite are gaps.
 *
 * <p>Points are kept in one growing pair of arrays, so a million steps stay cheap.
 */
final class Series {
  /** How a line looks; the name in lower case is its CSS class. */
  enum Style {
    /** Faint, with nothing written at its end. */
    RAW,
    TRAIN,
    /** With a dot at every point, so that it is told apart without colour. */
    VALIDATION
  }

  private final String name;
  private final Style style;
  private long[] x = new long[64];
  private double[] y = new double[64];
  private int size;

  Series(String name, Style style) {
    this.name = name;
    this.style = style;
  }

  String name() {
    return name;
  }

  Style style() {
    return style;
  }

  int size() {
    return size;
  }

  double x(int point) {
    return (double) x[point];
  }

  double y(int point) {
    return y[point];
  }

  /** Adds a point; x, the number of a step or epoch, never falls. */
  void add(long x, double y) {
    if (size == this.x.length) {
      this.x = Arrays.copyOf(this.x, 2 * size);
      this.y = Arrays.copyOf(this.y, 2 * size);
    }
    this.x[size] = x;
    this.y[size] = y;
    size++;
  }

  /** The last point that is finite, or -1. */
  int lastFinite() {
    int point = size - 1;
    while (point >= 0 && !Double.isFinite(y[point])) {
      point--;
    }
    return point;
  }

  /** The finite y that {@code share} of all finite y do not exceed; NaN where there are none. */
  double quantile(double share) {
    double[] finite = Arrays.stream(y, 0, size).filter(Double::isFinite).sorted().toArray();
    return finite.length == 0 ? Double.NaN : finite[(int) Math.round(share * (finite.length - 1))];
  }

  /**
   * At most about {@code limit} points that look the same when drawn: of each of {@code limit/2}
   * stretches of equal width the lowest and the highest, in their order.
   */
  Series thinned(int limit) {
    if (size <= limit) {
      return this;
    }
    Series thin = new Series(name, style);
    int buckets = limit / 2;
    double width = (double) (x[size - 1] - x[0]) / buckets;
    int start = 0;
    while (start < size) {
      int bucket = bucket(start, width, buckets);
      int low = start;
      int high = start;
      int end = start;
      while (end < size && bucket(end, width, buckets) == bucket) {
        low = y[end] < y[low] || Double.isNaN(y[low]) ? end : low;
        high = y[end] > y[high] || Double.isNaN(y[high]) ? end : high;
        end++;
      }
      thin.add(x[Math.min(low, high)], y[Math.min(low, high)]);
      if (low != high) {
        thin.add(x[Math.max(low, high)], y[Math.max(low, high)]);
      }
      start = end;
    }
    return thin;
  }

  private int bucket(int point, double width, int buckets) {
    return width > 0 ? Math.min(buckets - 1, (int) ((x[point] - x[0]) / width)) : 0;
  }
}
