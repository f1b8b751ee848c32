package dev.lockstep.driver.loop;

import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.schedule.EarlyStopping;
import dev.lockstep.trainer.schedule.LearningRate;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.OptionalDouble;

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
      valueOf(plateau.metric(), epoch)
          .ifPresent(
              value -> {
                state.plateau().take(plateau.metric(), value, 0.0);
                if (state.plateau().since() >= plateau.patience()) {
                  state.reduceRate();
                }
              });
    }
    if (earlyStopping != null) {
      valueOf(earlyStopping.metric(), epoch)
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

  /** The value of a metric after an epoch; empty where its split was not evaluated. */
  static OptionalDouble valueOf(WatchedMetric metric, EpochRecord epoch) {
    SplitMetrics split = metric.split().equals("train") ? epoch.train() : epoch.validation();
    if (split == null) {
      return OptionalDouble.empty();
    }
    Double value = metric.name().equals("loss") ? split.loss() : split.values().get(metric.name());
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
