package dev.lockstep.driver.checkpoint;

/**
 * Where a run is, beside its state.
 *
 * @param epoch of the last step, counted from 1; 0 before the first
 * @param metricsBytes length of {@code metrics.jsonl} up to the last step and, where the state is
 *     that after an epoch's end, that epoch
 * @param secondsSoFar wall time of the run and of those it continues
 */
public record RunPosition(int epoch, long metricsBytes, double secondsSoFar) {
  /** Checks that nothing is negative. */
  public RunPosition {
    if (epoch < 0 || metricsBytes < 0 || !(secondsSoFar >= 0.0)) {
      throw new IllegalArgumentException(
          "no run is at epoch "
              + epoch
              + " with "
              + metricsBytes
              + " bytes of metrics after "
              + secondsSoFar
              + " s");
    }
  }
}
