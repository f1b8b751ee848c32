package dev.lockstep.trainer.search;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The values that one parameter of a search may take. A value is JSON text, as short as its meaning
 * allows, and the text is the value: what is written into a trial's configuration is what the trial
 * computes with. Numbers that are drawn have six significant digits.
 */
public sealed interface ParameterRange extends Serializable {
  /** Points of a grid where the configuration names no number of them. */
  int DEFAULT_STEPS = 5;

  /**
   * The value that a uniform number becomes.
   *
   * @param uniform in [0, 1)
   */
  String draw(double uniform);

  /** The values of a grid, each once, in rising order or as listed. */
  List<String> grid();

  /** The outermost values, which must be as valid as all between them. */
  List<String> ends();

  /**
   * Numbers with equal probability for equal differences.
   *
   * <pre>
   *   draw(u) = from + u (to - from)
   * </pre>
   *
   * @param from smallest value
   * @param to greatest value, above {@code from}
   * @param steps points of a grid, at least 2
   */
  record Linear(double from, double to, int steps) implements ParameterRange {
    /** Checks the ends. */
    public Linear {
      requireRising(from, to, steps);
    }

    @Override
    public String draw(double uniform) {
      // Not u (to - from), which may overflow.
      return DecimalText.within(from * (1 - uniform) + to * uniform, from, to);
    }

    @Override
    public List<String> grid() {
      return points(this, steps);
    }

    @Override
    public List<String> ends() {
      return List.of(DecimalText.of(from), DecimalText.of(to));
    }
  }

  /**
   * Numbers with equal probability for equal ratios.
   *
   * <pre>
   *   draw(u) = exp(log(from) + u (log(to) - log(from)))
   * </pre>
   *
   * @param from smallest value, above 0
   * @param to greatest value, above {@code from}
   * @param steps points of a grid, at least 2
   */
  record Log(double from, double to, int steps) implements ParameterRange {
    /** Checks the ends. */
    public Log {
      requireRising(from, to, steps);
      if (from <= 0) {
        throw new IllegalArgumentException("a logarithmic scale starts above 0, not at " + from);
      }
    }

    @Override
    public String draw(double uniform) {
      return DecimalText.within(between(from, to, uniform), from, to);
    }

    @Override
    public List<String> grid() {
      return points(this, steps);
    }

    @Override
    public List<String> ends() {
      return List.of(DecimalText.of(from), DecimalText.of(to));
    }

    /** {@code from^(1-u) to^u}, with the same bits everywhere. */
    static double between(double from, double to, double uniform) {
      return StrictMath.exp(StrictMath.log(from) * (1 - uniform) + StrictMath.log(to) * uniform);
    }
  }

  /**
   * Numbers below one whose distance from one is drawn on a logarithmic scale, as fits the decay
   * rates of moving averages: from 0.9 to 0.999, half of the draws are above 0.99.
   *
   * <pre>
   *   draw(u) = 1 - exp(log(1 - from) + u (log(1 - to) - log(1 - from)))
   * </pre>
   *
   * @param from smallest value, at least 0
   * @param to greatest value, above {@code from} and below 1
   * @param steps points of a grid, at least 2
   */
  record OneMinusLog(double from, double to, int steps) implements ParameterRange {
    /** Checks the ends. */
    public OneMinusLog {
      requireRising(from, to, steps);
      if (from < 0 || to >= 1) {
        throw new IllegalArgumentException(
            "a scale of 1 - x lies within 0 to below 1, not " + from + " to " + to);
      }
    }

    /** {@code 1 - x} without the error of binary subtraction. */
    static BigDecimal complement(double x) {
      return BigDecimal.ONE.subtract(BigDecimal.valueOf(x));
    }

    @Override
    public String draw(double uniform) {
      double distance =
          Log.between(complement(from).doubleValue(), complement(to).doubleValue(), uniform);
      return DecimalText.within(
          BigDecimal.ONE.subtract(DecimalText.rounded(new BigDecimal(distance))), from, to);
    }

    @Override
    public List<String> grid() {
      return points(this, steps);
    }

    @Override
    public List<String> ends() {
      return List.of(DecimalText.of(from), DecimalText.of(to));
    }
  }

  /**
   * Whole numbers with equal probability, both ends included.
   *
   * <pre>
   *   draw(u) = from + floor(u (to - from + 1))
   * </pre>
   *
   * @param from smallest value
   * @param to greatest value, above {@code from}; both within ±2^53
   * @param steps points of a grid, at least 2; where there are fewer whole numbers, these
   */
  record Whole(long from, long to, int steps) implements ParameterRange {
    /** The greatest magnitude up to which every whole number is a double. */
    public static final long MAX = 1L << 53;

    /** Checks the ends. */
    public Whole {
      requireRising((double) from, (double) to, steps);
      if (from < -MAX || to > MAX) {
        throw new IllegalArgumentException("whole numbers are drawn within ±2^53");
      }
    }

    @Override
    public String draw(double uniform) {
      return Long.toString(Math.min(to, from + (long) (uniform * (to - from + 1))));
    }

    @Override
    public List<String> grid() {
      long last = Math.min(steps, to - from + 1) - 1;
      List<String> points = new ArrayList<>();
      for (long i = 0; i <= last; i++) {
        points.add(Long.toString(from + Math.round((double) (to - from) * i / last)));
      }
      return List.copyOf(points);
    }

    @Override
    public List<String> ends() {
      return List.of(Long.toString(from), Long.toString(to));
    }
  }

  /**
   * One of several values with equal probability.
   *
   * @param options JSON texts, at least one
   */
  record Choice(List<String> options) implements ParameterRange {
    /** Checks that there is something to choose. */
    public Choice {
      options = List.copyOf(options);
      if (options.isEmpty()) {
        throw new IllegalArgumentException("nothing to choose from");
      }
    }

    @Override
    public String draw(double uniform) {
      return options.get(Math.min(options.size() - 1, (int) (uniform * options.size())));
    }

    @Override
    public List<String> grid() {
      return options;
    }

    @Override
    public List<String> ends() {
      return options;
    }
  }

  private static void requireRising(double from, double to, int steps) {
    if (!(from < to) || !Double.isFinite(from) || !Double.isFinite(to)) {
      throw new IllegalArgumentException("from must be below to, not " + from + " and " + to);
    }
    if (steps < 2) {
      throw new IllegalArgumentException("a grid has at least 2 points, not " + steps);
    }
  }

  /** Evenly spaced on the scale of {@code range}, both ends included. */
  private static List<String> points(ParameterRange range, int steps) {
    Set<String> points = new LinkedHashSet<>();
    points.add(range.ends().get(0));
    for (int i = 1; i < steps - 1; i++) {
      points.add(range.draw((double) i / (steps - 1)));
    }
    points.add(range.ends().get(1));
    return List.copyOf(points);
  }
}
