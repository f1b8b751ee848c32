package dev.lockstep.trainer.reduce;

/**
 * A place in a training step where all shards of the mini-batch wait for each other's statistics.
 *
 * @param layer number of a synchronized batch-norm layer among all batch-norm layers, from 0
 * @param phase which of the layer's two passes
 */
public record StatisticsPoint(int layer, Phase phase) {
  /** The two passes of a step. */
  public enum Phase {
    /** Count, mean and M2 of the layer's input, merged like {@link Moments}. */
    FORWARD("forward"),
    /** Count, Σ dy and Σ dy ẑ, added up. */
    BACKWARD("backward");

    private final String title;

    Phase(String title) {
      this.title = title;
    }
  }

  /** A number that stands for this point alone: short enough for any wire. */
  public int number() {
    return 2 * layer + (phase == Phase.BACKWARD ? 1 : 0);
  }

  /** The point with this {@link #number()}. */
  public static StatisticsPoint of(int number) {
    return new StatisticsPoint(number / 2, number % 2 == 0 ? Phase.FORWARD : Phase.BACKWARD);
  }

  @Override
  public String toString() {
    return "the " + phase.title + " pass of batch-norm layer " + layer;
  }
}
