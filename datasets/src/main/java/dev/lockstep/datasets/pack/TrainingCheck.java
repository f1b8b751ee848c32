package dev.lockstep.datasets.pack;

import dev.lockstep.trainer.error.LockstepException;

/**
 * Looks at data to train on as soon as they are there, before separate validation and test data are
 * read: what is wrong with the training data is not blamed on these.
 */
@FunctionalInterface
public interface TrainingCheck {
  /** Is content with all data. */
  TrainingCheck NONE = training -> {};

  /**
   * Looks at the data.
   *
   * @param training the training split and what is known of its location, without the other splits;
   *     not to be closed
   * @throws LockstepException to end the preparation
   */
  void check(PreparedData training);
}
