package dev.lockstep.driver.loop;

import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;

/**
 * The whole truth of a run between two steps. Whoever holds it can continue to the same bits.
 * Mutable; belongs to the driver's thread.
 */
public final class TrainingState {
  private final ParameterVector parameters;
  private final OptimizerState optimizer;
  private final RunningStatistics statistics;
  private long step;

  /**
   * State after {@code step} steps.
   *
   * @param step 0 before the first step
   */
  public TrainingState(
      ParameterVector parameters,
      OptimizerState optimizer,
      RunningStatistics statistics,
      long step) {
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.statistics = statistics;
    this.step = step;
  }

  /** θ and the running statistics in float32. */
  public ParameterVector parameters() {
    return parameters;
  }

  /** What the optimizer remembers. */
  public OptimizerState optimizer() {
    return optimizer;
  }

  /** Running statistics in float64. */
  public RunningStatistics statistics() {
    return statistics;
  }

  /** Steps taken. */
  public long step() {
    return step;
  }

  void finishStep() {
    step++;
  }
}
