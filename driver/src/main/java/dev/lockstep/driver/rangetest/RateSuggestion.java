package dev.lockstep.driver.rangetest;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/**
 * What a range test says about the learning rate.
 *
 * <p>Two readings of the curve are in use: the rate at which the smoothed loss falls most steeply
 * over the logarithm of the rate (least squares over a quarter of a decade to each side), and a
 * tenth of the rate at which it is lowest. Neither counts the points at the start, while the
 * average settles, nor those after the lowest. The larger of the two is suggested, since the loss
 * falls with the steps of the sweep, too, and so its steepest part comes early where a network
 * learns fast; but never more than a third of the rate at which it is lowest.
 *
 * @param rate the suggestion with two digits, or null where the curve does not carry one
 * @param steepest where the smoothed loss falls fastest, or null as for {@code rate}
 * @param minimum where the smoothed loss is lowest, or null as for {@code rate}
 * @param reason a sentence for the user
 */
public record RateSuggestion(
    Double rate, RateCurve.Point steepest, RateCurve.Point minimum, String reason) {
  /** The usual distance from the rate at which the loss is lowest, beyond which it rises. */
  private static final double SAFETY = 10.0;

  /** The smallest distance from it. */
  private static final double LEAST_SAFETY = 3.0;

  private static final double HALF_WINDOW = 0.25 * StrictMath.log(10);

  /** Points between settling and minimum that a slope can be told from. */
  private static final int FEWEST_POINTS = 5;

  /** A minimum in the last tenth of a range without divergence may not be the last one. */
  private static final double NEAR_THE_END = 0.9;

  /** A fall by less than this share of the loss is none. */
  private static final double LEAST_FALL = 0.02;

  /** A fall must stand out from the scatter of the average by as many standard errors. */
  private static final double STANDARD_ERRORS = 3.0;

  /** Variance of an average with β = 0.98 of independent values: (1-β)/(1+β) of theirs. */
  private static final double VARIANCE_OF_AVERAGE = 0.01;

  /** Reads a curve that has come to its end. */
  public static RateSuggestion of(RateCurve curve) {
    List<RateCurve.Point> points = curve.points();
    int first = curve.settlingSteps();
    if (points.size() < first + FEWEST_POINTS) {
      return none(
          curve.hasDiverged()
              ? "The loss diverged after "
                  + points.size()
                  + " steps, before it could fall; begin at a smaller --from."
              : points.size() + " steps are too few to tell a slope from; give more --steps.");
    }
    int lowest = first;
    for (int i = first; i < points.size(); i++) {
      if (points.get(i).smoothedLoss() < points.get(lowest).smoothedLoss()) {
        lowest = i;
      }
    }
    double start = points.get(first).smoothedLoss();
    double fall = start - points.get(lowest).smoothedLoss();
    if (lowest - first < FEWEST_POINTS || !(fall > leastFall(points, first, lowest))) {
      return none(
          curve.hasDiverged()
              ? "The loss never falls before it diverges; if the network can learn at all, begin at"
                  + " a smaller --from."
              : "The loss stays flat or rises over the whole range; look at the data, the network"
                  + " and its first weights, or widen --from and --to.");
    }
    RateCurve.Point minimum = points.get(lowest);
    RateCurve.Point steepest = steepest(points, first, lowest);
    double tenth = minimum.smoothedRate() / SAFETY;
    double third = minimum.smoothedRate() / LEAST_SAFETY;
    double rate = Math.max(tenth, Math.min(steepest.smoothedRate(), third));
    String reason;
    if (!curve.hasDiverged() && lowest >= NEAR_THE_END * points.size()) {
      reason =
          "The loss fell almost to the end of the range, so a larger --to may show better rates.";
    } else if (tenth < points.get(first).smoothedRate()) {
      reason =
          "The range begins less than a decade below the rate at which the loss is lowest, so a"
              + " smaller --from would show more.";
    } else if (rate == tenth) {
      reason =
          "A tenth of the rate at which the loss is lowest keeps a safe distance; the steepest"
              + " descent is at a smaller rate, which is slow over a whole run.";
    } else {
      reason =
          "The loss falls fastest close to the rate at which it is lowest, a tenth of which would"
              + " be where it has hardly begun to fall.";
    }
    return new RateSuggestion(twoDigits(rate), steepest, minimum, reason);
  }

  private static RateSuggestion none(String reason) {
    return new RateSuggestion(null, null, null, reason);
  }

  /** A tenth of the rate of the lowest smoothed loss, or null where there is none. */
  public Double tenthOfMinimum() {
    return minimum == null ? null : (Double) (minimum.smoothedRate() / SAFETY);
  }

  /**
   * What a fall between two points must exceed. The scatter σ of single losses comes from the
   * differences of neighbors, in which the course itself hardly shows.
   */
  private static double leastFall(List<RateCurve.Point> points, int first, int lowest) {
    double squares = 0;
    for (int i = 1; i <= lowest; i++) {
      double difference = points.get(i).loss() - points.get(i - 1).loss();
      squares += difference * difference;
    }
    double variance = squares / (2 * lowest);
    double ofTheFall = variance * (1.0 / (first + 1) + VARIANCE_OF_AVERAGE);
    return Math.max(
        LEAST_FALL * Math.abs(points.get(first).smoothedLoss()),
        STANDARD_ERRORS * Math.sqrt(ofTheFall));
  }

  private static RateCurve.Point steepest(List<RateCurve.Point> points, int first, int lowest) {
    RateCurve.Point steepest = points.get(first);
    double steepestSlope = Double.POSITIVE_INFINITY;
    for (int i = first; i <= lowest; i++) {
      double slope = slope(points, i, first, lowest);
      if (slope < steepestSlope) {
        steepestSlope = slope;
        steepest = points.get(i);
      }
    }
    return steepest;
  }

  /** Least-squares slope of the smoothed loss around a point, over ln of the smoothed rate. */
  private static double slope(List<RateCurve.Point> points, int center, int first, int lowest) {
    double at = StrictMath.log(points.get(center).smoothedRate());
    int low = center;
    while (low > first && at - StrictMath.log(points.get(low - 1).smoothedRate()) <= HALF_WINDOW) {
      low--;
    }
    int high = center;
    while (high < lowest
        && StrictMath.log(points.get(high + 1).smoothedRate()) - at <= HALF_WINDOW) {
      high++;
    }
    // Wide steps: the neighbors, as far as there are any.
    low = Math.min(low, Math.max(first, center - 1));
    high = Math.max(high, Math.min(lowest, center + 1));
    int count = high - low + 1;
    double meanX = 0;
    double meanY = 0;
    for (int i = low; i <= high; i++) {
      meanX += (StrictMath.log(points.get(i).smoothedRate()) - at) / count;
      meanY += points.get(i).smoothedLoss() / count;
    }
    double covariance = 0;
    double variance = 0;
    for (int i = low; i <= high; i++) {
      double x = StrictMath.log(points.get(i).smoothedRate()) - at - meanX;
      covariance += x * (points.get(i).smoothedLoss() - meanY);
      variance += x * x;
    }
    return covariance / variance;
  }

  private static double twoDigits(double value) {
    return new BigDecimal(value).round(new MathContext(2)).doubleValue();
  }
}
