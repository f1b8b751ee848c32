package dev.lockstep.driver.loop;

import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.schedule.EarlyStopping;
import dev.lockstep.trainer.schedule.LearningRate;
import dev.lockstep.trainer.schedule.Schedule;

/**
 * What a run is to do.
 *
 * @param update from gradient sums to parameters
 * @param schedule learning rate over time
 * @param totalSteps T
 * @param stepsPerEpoch at least 1
 * @param validateEveryEpochs epochs between two validations, or 0 where there is no validation
 *     split
 * @param earlyStopping when to end before the last step, or null for never
 */
public record TrainingPlan(
    UpdateStep update,
    LearningRate schedule,
    long totalSteps,
    int stepsPerEpoch,
    int validateEveryEpochs,
    EarlyStopping earlyStopping) {
  /** A plan that takes all its steps. */
  public TrainingPlan(
      UpdateStep update,
      LearningRate schedule,
      long totalSteps,
      int stepsPerEpoch,
      int validateEveryEpochs) {
    this(update, schedule, totalSteps, stepsPerEpoch, validateEveryEpochs, null);
  }

  /** Whether an epoch (or the run) ends with this step. */
  boolean endsEpoch(long step) {
    return step % stepsPerEpoch == 0 || step == totalSteps;
  }

  /**
   * Whether the last step of an epoch was taken and its end is still to come, as where the run was
   * broken off in the validation.
   */
  boolean leavesEpochOpen(TrainingState state) {
    return state.step() > 0 && endsEpoch(state.step()) && !state.epochSums().isEmpty();
  }

  /** Whether the validation split is evaluated at the end of this epoch. */
  boolean validatesAfter(int epoch, long step) {
    return validateEveryEpochs > 0 && (epoch % validateEveryEpochs == 0 || step == totalSteps);
  }

  /** α of a step, after so many reductions by a plateau schedule. */
  double rate(long step, int reductions) {
    return schedule.rate(
        update.optimizer().learningRate(),
        new Schedule.Position(
            step, totalSteps, Math.toIntExact((step - 1) / stepsPerEpoch), reductions));
  }
}
