package dev.lockstep.driver.loop;

import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.StepRecord;

/** Hears of every step and epoch, on the driver's thread: keep it short. */
public interface TrainingListener {
  /**
   * After the parameters were updated. Where an epoch ends with this step, the state stands still
   * until {@link #beforeEpochEnd}, and can be continued from.
   */
  void stepFinished(StepRecord record);

  /** After the last step of an epoch and its validation. */
  void epochFinished(EpochRecord record);

  /** When something turns up that the user should know, as a sentence. */
  default void noted(String sentence) {}

  /**
   * When a step, and the epoch that ends with it, is wholly accounted for. From now on the state
   * stands still until {@link #beforeUpdate}, so another thread may read it meanwhile.
   */
  default void settled(TrainingState state) {}

  /** When the gradient of a step is there, before it changes the state. */
  default void beforeUpdate(long step) {}

  /** When the validation at the end of an epoch is there, before that end changes the state. */
  default void beforeEpochEnd() {}

  /** Asked before each step; true ends the loop there, with a state that can be continued. */
  default boolean wantsToStop() {
    return false;
  }
}
