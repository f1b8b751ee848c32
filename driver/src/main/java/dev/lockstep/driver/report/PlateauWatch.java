package dev.lockstep.driver.report;

import dev.lockstep.trainer.metric.ExponentialAverage;
import java.util.Optional;

/**
 * Notices a run that has stood still for long: over a window of steps the smoothed loss changed by
 * less than {@value #FLAT_LOSS} of its size and the smoothed gradient norm, which scatters more, by
 * less than {@value #FLAT_NORM}. Says so once for each plateau.
 *
 * <p>Costs a few operations a step and no memory that grows.
 */
public final class PlateauWatch {
  /** Relative change up to which the loss counts as flat. */
  static final double FLAT_LOSS = 0.01;

  /** Relative change up to which the gradient norm counts as flat. */
  static final double FLAT_NORM = 0.1;

  /** Steps of the window at least. */
  static final int SHORTEST_WINDOW = 500;

  /** Epochs of the window at least. */
  static final int WINDOW_EPOCHS = 5;

  private final long window;
  private final ExponentialAverage loss = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
  private final ExponentialAverage norm = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
  private long windowStart;
  private double lossAtStart = Double.NaN;
  private double normAtStart = Double.NaN;
  private boolean reported;

  /** A watch over a run with so many steps in an epoch. */
  public PlateauWatch(int stepsPerEpoch) {
    this.window = Math.max(SHORTEST_WINDOW, (long) WINDOW_EPOCHS * stepsPerEpoch);
  }

  /** Takes in a step; what to tell the user when this step ends a flat window. */
  public Optional<String> step(StepRecord record) {
    double smoothedLoss = loss.add(record.loss());
    double smoothedNorm = norm.add(record.gradientNorm());
    if (record.step() - windowStart < window) {
      return Optional.empty();
    }
    boolean flat =
        isFlat(smoothedLoss, lossAtStart, FLAT_LOSS)
            && isFlat(smoothedNorm, normAtStart, FLAT_NORM);
    Optional<String> message = Optional.empty();
    if (flat && !reported) {
      message =
          Optional.of(
              "Plateau: between steps "
                  + windowStart
                  + " and "
                  + record.step()
                  + " the smoothed loss stayed at "
                  + Numbers.significant(smoothedLoss, 3)
                  + " and the gradient norm at "
                  + Numbers.significant(smoothedNorm, 3)
                  + ". If that is not good enough, try another learning rate, momentum or adam, or"
                  + " another initializer.");
    }
    reported = flat;
    windowStart = record.step();
    lossAtStart = smoothedLoss;
    normAtStart = smoothedNorm;
    return message;
  }

  private static boolean isFlat(double now, double before, double tolerance) {
    return Math.abs(now - before) <= tolerance * Math.abs(before);
  }
}
