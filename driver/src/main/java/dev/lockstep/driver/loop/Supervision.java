package dev.lockstep.driver.loop;

import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.trainer.schedule.EarlyStopping;
import dev.lockstep.trainer.schedule.LearningRate;
import dev.lockstep.trainer.schedule.Schedule;

/**
 * What the end of an epoch decides: whether a plateau lowers the learning rate, whether the weights
 * are the best so far, and whether training stops early. Settings only; the memory is the {@link
 * TrainingState}'s.
 *
 * @param schedule asked whether it waits for plateaus
 * @param earlyStopping null where the run takes all its steps
 */
record Supervision(LearningRate schedule, EarlyStopping earlyStopping) {
  /** Takes note of what the epoch brought. */
  void after(EpochRecord epoch, TrainingState state) {
    if (schedule instanceof Schedule.Plateau plateau) {
      epoch
          .valueOf(plateau.metric())
          .ifPresent(
              value -> {
                state.plateau().take(plateau.metric(), value, 0.0);
                if (state.plateau().since() >= plateau.patience()) {
                  state.reduceRate();
                }
              });
    }
    if (earlyStopping != null) {
      epoch
          .valueOf(earlyStopping.metric())
          .ifPresent(
              value -> {
                if (state
                    .stopping()
                    .take(earlyStopping.metric(), value, earlyStopping.minDelta())) {
                  state.keepAsBest(epoch.epoch(), value);
                } else if (state.stopping().since() >= earlyStopping.patience()) {
                  state.stopEarly();
                }
              });
    }
  }
}
