package dev.lockstep.driver.loop;

import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.LinkedHashMap;
import java.util.Map;

/** From sums to the metrics that people read. */
public final class Metrics {
  private Metrics() {}

  /** Mean loss and the task's metrics, headline first. */
  public static SplitMetrics of(MetricSums sums, boolean classification) {
    Map<String, Double> values = new LinkedHashMap<>();
    if (classification) {
      values.put("accuracy", sums.accuracy());
      if (sums.confusionClasses() > 0) {
        values.put("macroF1", sums.macroF1());
      }
    } else {
      values.put("rmse", sums.rootMeanSquaredError());
      values.put("mae", sums.meanAbsoluteError());
      values.put("r2", sums.rSquared());
    }
    return new SplitMetrics(sums.meanLoss(), sums.examples(), values);
  }
}
