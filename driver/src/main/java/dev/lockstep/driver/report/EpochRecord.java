package dev.lockstep.driver.report;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * The end of one epoch.
 *
 * @param epoch counted from 1
 * @param train metrics gathered over the epoch's mini-batches
 * @param validation metrics on the validation split, or null where there is none or it was not this
 *     epoch's turn
 */
public record EpochRecord(int epoch, SplitMetrics train, SplitMetrics validation) {
  /** Checks that the training metrics are there. */
  public EpochRecord {
    Objects.requireNonNull(train, "train");
  }

  /** The value of a metric after this epoch; empty where its split was not evaluated. */
  public OptionalDouble valueOf(WatchedMetric metric) {
    SplitMetrics split = metric.split().equals("train") ? train : validation;
    return split == null ? OptionalDouble.empty() : split.valueOf(metric.name());
  }
}
