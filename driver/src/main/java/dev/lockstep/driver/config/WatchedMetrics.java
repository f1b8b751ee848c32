package dev.lockstep.driver.config;

import dev.lockstep.trainer.metric.WatchedMetric;

/** Reads the name of a metric by which a run is steered. */
final class WatchedMetrics {
  private WatchedMetrics() {}

  /** The metric that {@code key} names; the validation loss where it says nothing. */
  static WatchedMetric read(Block block, String key) {
    String text =
        block.text(
            key, "a metric such as validation.loss", WatchedMetric.VALIDATION_LOSS.toString());
    if (text == null) {
      return WatchedMetric.VALIDATION_LOSS;
    }
    try {
      return WatchedMetric.parse(text);
    } catch (IllegalArgumentException unknown) {
      block.reading().problems().add(block.pathOf(key), block.find(key), unknown.getMessage());
      return WatchedMetric.VALIDATION_LOSS;
    }
  }
}
