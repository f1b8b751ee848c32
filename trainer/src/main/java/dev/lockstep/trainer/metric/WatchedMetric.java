package dev.lockstep.trainer.metric;

import java.io.Serializable;
import java.util.List;

/**
 * A metric by whose course a run is steered, such as {@code validation.loss}.
 *
 * @param split {@code train} or {@code validation}; the test split is not looked at while training
 * @param name {@code loss} or a metric of the task
 */
public record WatchedMetric(String split, String name) implements Serializable {
  /** The splits that are evaluated while training goes on. */
  public static final List<String> SPLITS = List.of("train", "validation");

  /** Metrics of classification, besides the loss. */
  public static final List<String> OF_CLASSIFICATION = List.of("accuracy", "macroF1");

  /** Metrics of regression, besides the loss. */
  public static final List<String> OF_REGRESSION = List.of("rmse", "mae", "r2");

  /** What is watched where the configuration names nothing. */
  public static final WatchedMetric VALIDATION_LOSS = new WatchedMetric("validation", "loss");

  private static final List<String> LOWER_IS_BETTER = List.of("loss", "rmse", "mae");

  /** Checks split and name. */
  public WatchedMetric {
    boolean known =
        "loss".equals(name) || OF_CLASSIFICATION.contains(name) || OF_REGRESSION.contains(name);
    if (!SPLITS.contains(split) || !known) {
      throw new IllegalArgumentException(
          "'"
              + split
              + "."
              + name
              + "' is no metric that can be watched; use train or validation with loss, accuracy,"
              + " macroF1, rmse, mae or r2, such as validation.loss");
    }
  }

  /**
   * Reads {@code split.name}.
   *
   * @throws IllegalArgumentException where there is no such metric
   */
  public static WatchedMetric parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new WatchedMetric(text, "")
        : new WatchedMetric(text.substring(0, dot), text.substring(dot + 1));
  }

  /** Whether smaller values are better, as for errors. */
  public boolean lowerIsBetter() {
    return LOWER_IS_BETTER.contains(name);
  }

  /** Whether {@code value} is better than {@code other}; never where one of them is NaN. */
  public boolean isBetter(double value, double other) {
    return lowerIsBetter() ? value < other : value > other;
  }

  /** {@code split.name}. */
  @Override
  public String toString() {
    return split + "." + name;
  }
}
