package dev.lockstep.driver.rangetest;

import dev.lockstep.trainer.metric.ExponentialAverage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The loss of every step of a range test, with its smoothed course.
 *
 * <p>A bias-corrected average with β = 0.98 is about 50 steps old, a good part of a sweep, so its
 * value at a step belongs to the smaller rates of some steps ago. Therefore the logarithm of the
 * rate is averaged with the same weights, and a smoothed loss is paired with that {@linkplain
 * Point#smoothedRate() smoothed rate}: where the loss is a straight line over the logarithm of the
 * rate, the pair lies on this line. What the average cannot give back is sharpness, which takes
 * more steps; where the loss begins to rise steeply, the pair is on the side of caution, at a rate
 * that is too small by up to the age of the average.
 *
 * <p>Mutable and meant for one thread.
 */
public final class RateCurve {
  /** The smoothed loss has diverged above this multiple of its lowest value. */
  public static final double DIVERGED_FROM = 4.0;

  /** Of the steps planned, the share that is not judged, while the average settles. */
  private static final double SETTLING_SHARE = 0.1;

  private static final int MOST_SETTLING_STEPS =
      (int) Math.round(1 / (1 - ExponentialAverage.LOSS_BETA));

  /**
   * A step.
   *
   * @param step t, counted from 1
   * @param rate α of the step
   * @param loss mean over the mini-batch, before the step was made
   * @param smoothedLoss bias-corrected average of the losses so far
   * @param smoothedRate geometric average of the rates so far, with the weights of {@code
   *     smoothedLoss}
   */
  public record Point(
      int step, double rate, double loss, double smoothedLoss, double smoothedRate) {}

  private final int settlingSteps;
  private final ExponentialAverage loss = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
  private final ExponentialAverage logRate = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
  private final List<Point> points = new ArrayList<>();
  private double lowest = Double.POSITIVE_INFINITY;
  private boolean diverged;

  /**
   * A curve without points.
   *
   * @param plannedSteps T, at least 2
   */
  public RateCurve(int plannedSteps) {
    this.settlingSteps =
        Math.min(MOST_SETTLING_STEPS, (int) Math.round(SETTLING_SHARE * plannedSteps));
  }

  /**
   * Takes in the next step. A loss that is not finite ends the curve and is no point of it.
   *
   * @param rate greater than those before
   */
  public void add(double rate, double stepLoss) {
    if (diverged || !Double.isFinite(stepLoss)) {
      diverged = true;
      return;
    }
    double smoothed = loss.add(stepLoss);
    double smoothedLog = logRate.add(StrictMath.log(rate));
    // exp(ln x) may miss x by a bit.
    double smoothedRate = points.isEmpty() ? rate : StrictMath.exp(smoothedLog);
    points.add(new Point(points.size() + 1, rate, stepLoss, smoothed, smoothedRate));
    if (points.size() > settlingSteps) {
      lowest = Math.min(lowest, smoothed);
      diverged = smoothed > DIVERGED_FROM * lowest;
    }
  }

  /** Ends the curve where the engine found a number that is not finite. */
  public void endDiverged() {
    diverged = true;
  }

  /** Whether the loss has left for good; nothing is taken in afterwards. */
  public boolean hasDiverged() {
    return diverged;
  }

  /** All points, in rising order of rates. */
  public List<Point> points() {
    return Collections.unmodifiableList(points);
  }

  /** How many points at the start are not judged. */
  int settlingSteps() {
    return settlingSteps;
  }

  /**
   * The smoothed loss that belongs to a rate, in a straight line over the logarithm between two
   * points; NaN for rates that the average has not reached.
   */
  public double smoothedLossAt(double rate) {
    int high = 0;
    while (high < points.size() && points.get(high).smoothedRate() < rate) {
      high++;
    }
    if (high == points.size()) {
      return Double.NaN;
    }
    Point after = points.get(high);
    if (high == 0) {
      return after.smoothedRate() == rate ? after.smoothedLoss() : Double.NaN;
    }
    Point before = points.get(high - 1);
    double share =
        StrictMath.log(rate / before.smoothedRate())
            / StrictMath.log(after.smoothedRate() / before.smoothedRate());
    return before.smoothedLoss() + share * (after.smoothedLoss() - before.smoothedLoss());
  }
}
