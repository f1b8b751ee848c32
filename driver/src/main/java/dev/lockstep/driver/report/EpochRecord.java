package dev.lockstep.driver.report;

import java.util.Objects;

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
}
