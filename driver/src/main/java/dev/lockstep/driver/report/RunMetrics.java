package dev.lockstep.driver.report;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The content of a {@code metrics.jsonl}.
 *
 * @param steps in rising order, each step once
 * @param epochs in rising order, each epoch once
 */
public record RunMetrics(List<StepRecord> steps, List<EpochRecord> epochs) {
  /** Takes copies. */
  public RunMetrics {
    steps = List.copyOf(steps);
    epochs = List.copyOf(epochs);
  }

  /**
   * The part a run that resumes behind {@code step} keeps: the steps up to it, and the epochs all
   * of whose steps are among them.
   */
  public RunMetrics upTo(long step) {
    Map<Integer, Long> lastStepOfEpoch = new HashMap<>();
    for (StepRecord record : steps) {
      lastStepOfEpoch.merge(record.epoch(), record.step(), Math::max);
    }
    return new RunMetrics(
        steps.stream().filter(record -> record.step() <= step).toList(),
        epochs.stream()
            .filter(record -> lastStepOfEpoch.getOrDefault(record.epoch(), 0L) <= step)
            .toList());
  }
}
