package dev.lockstep.trainer.schedule;

/**
 * Learning rate as a pure function of the place in a run. Those that a run can be configured with
 * are the {@link Schedule}s.
 */
public interface LearningRate {
  /**
   * α of a step.
   *
   * @param initialRate α₀, the optimizer's rate
   * @param position where the run is
   */
  double rate(double initialRate, Schedule.Position position);
}
