package dev.lockstep.driver.report;

import dev.lockstep.trainer.metric.ExponentialAverage;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The charts of a run. */
final class Curves {
  private static final int LARGE = 280;
  private static final int MEDIUM = 220;
  private static final int SMALL = 150;

  private final RunMetrics metrics;

  Curves(RunMetrics metrics) {
    this.metrics = metrics;
  }

  /** Loss by step: every mini-batch faintly, its smoothed course, and validation by epoch. */
  String loss() {
    Series raw = new Series("mini-batch", Series.Style.RAW);
    Series smooth = new Series("train", Series.Style.TRAIN);
    ExponentialAverage average = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
    Map<Integer, Long> lastStepOfEpoch = new HashMap<>();
    long firstNotFinite = 0;
    for (StepRecord record : metrics.steps()) {
      raw.add(record.step(), record.loss());
      lastStepOfEpoch.put(record.epoch(), record.step());
      if (Double.isFinite(record.loss())) {
        smooth.add(record.step(), average.add(record.loss()));
      } else if (firstNotFinite == 0) {
        firstNotFinite = record.step();
      }
    }
    Series validation = new Series("validation", Series.Style.VALIDATION);
    EpochRecord best = null;
    for (EpochRecord record : metrics.epochs()) {
      if (record.validation() != null && lastStepOfEpoch.containsKey(record.epoch())) {
        validation.add(lastStepOfEpoch.get(record.epoch()), record.validation().loss());
      }
      if (record.validation() != null
          && (best == null || record.validation().loss() < best.validation().loss())) {
        best = record;
      }
    }
    LineChart chart = new LineChart("Loss", "step", LARGE).add(raw).add(smooth).add(validation);
    if (firstNotFinite > 0) {
      chart.mark(firstNotFinite, "not finite at step " + firstNotFinite);
    }
    if (best != null && Double.isFinite(best.validation().loss())) {
      String lowest = Numbers.significant(best.validation().loss(), 4);
      chart.note("Lowest validation loss " + lowest + " after epoch " + best.epoch());
    }
    return chart.render();
  }

  /** The headline metric by epoch, or nothing where no metric was recorded. */
  String headlineMetric() {
    if (metrics.epochs().isEmpty() || metrics.epochs().get(0).train().values().isEmpty()) {
      return "";
    }
    Set<String> names = metrics.epochs().get(0).train().values().keySet();
    String metric = names.iterator().next();
    boolean share = Numbers.isShare(metric);
    Series train = new Series("train", Series.Style.TRAIN);
    Series validation = new Series("validation", Series.Style.VALIDATION);
    for (EpochRecord record : metrics.epochs()) {
      train.add(record.epoch(), value(record.train(), metric, share));
      if (record.validation() != null) {
        validation.add(record.epoch(), value(record.validation(), metric, share));
      }
    }
    LineChart chart = new LineChart(Words.title(metric), "epoch", MEDIUM);
    return (share ? chart.inPercent() : chart).add(train).add(validation).render();
  }

  private static double value(SplitMetrics split, String metric, boolean share) {
    double value = split.values().getOrDefault(metric, Double.NaN);
    return share ? 100 * value : value;
  }

  /** The learning rate by step. */
  String learningRate() {
    Series rate = new Series("", Series.Style.TRAIN);
    for (StepRecord record : metrics.steps()) {
      rate.add(record.step(), record.learningRate());
    }
    return new LineChart("Learning rate", "step", SMALL).add(rate).render();
  }

  /** The gradient's norm by step, each faintly and smoothed. */
  String gradientNorm() {
    Series raw = new Series("mini-batch", Series.Style.RAW);
    Series smooth = new Series("", Series.Style.TRAIN);
    ExponentialAverage average = new ExponentialAverage(ExponentialAverage.LOSS_BETA);
    for (StepRecord record : metrics.steps()) {
      raw.add(record.step(), record.gradientNorm());
      if (Double.isFinite(record.gradientNorm())) {
        smooth.add(record.step(), average.add(record.gradientNorm()));
      }
    }
    return new LineChart("Gradient norm, before clipping", "step", SMALL)
        .add(raw)
        .add(smooth)
        .render();
  }
}
