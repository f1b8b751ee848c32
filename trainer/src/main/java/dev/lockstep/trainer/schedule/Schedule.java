package dev.lockstep.trainer.schedule;

import java.io.Serializable;

/** Learning rate as a function of the place in the run. */
public sealed interface Schedule extends Serializable {
  /**
   * α of a step.
   *
   * @param initialRate α₀, the optimizer's rate
   * @param position where the run is
   */
  double rate(double initialRate, Position position);

  /**
   * A place in a run.
   *
   * @param step t, counted from 1
   * @param totalSteps T, steps of the whole run
   * @param finishedEpochs e, from 0
   */
  record Position(long step, long totalSteps, int finishedEpochs) {}

  /** α₀ all along. */
  record Constant() implements Schedule {
    @Override
    public double rate(double initialRate, Position position) {
      return initialRate;
    }
  }
}
