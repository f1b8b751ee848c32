package dev.lockstep.trainer.reduce;

import java.util.Arrays;

/**
 * Sums from which the metrics of a split (or of a mini-batch) are computed once all examples are
 * in: loss, hits, confusion counts, squared and absolute errors.
 *
 * <p>The loss is weighted by the examples' weights (and their classes'); the other metrics count
 * examples. Mutable; not safe for use by several threads at once.
 */
public final class MetricSums implements Mergeable<MetricSums>, ExampleResults {
  /** Above this number of classes no confusion matrix is kept. */
  public static final int MAX_CONFUSION_CLASSES = 256;

  private long examples;
  private double weight;
  private double loss;
  private long correct;
  private double squaredError;
  private double absoluteError;
  private final Moments target;
  private final int confusionClasses;
  private final long[] confusion;

  /**
   * Empty sums.
   *
   * @param confusionClasses classes of the confusion matrix, or 0 to keep none
   */
  public MetricSums(int confusionClasses) {
    this(confusionClasses, new long[confusionClasses * confusionClasses], new Moments(1));
  }

  private MetricSums(int confusionClasses, long[] confusion, Moments target) {
    this.confusionClasses = confusionClasses;
    this.confusion = confusion;
    this.target = target;
  }

  /**
   * Empty sums for a split with this many classes (0: regression), with a confusion matrix where it
   * is of readable size.
   */
  public static MetricSums forSplit(int classes) {
    return new MetricSums(classes <= MAX_CONFUSION_CLASSES ? classes : 0);
  }

  /** Sums with the given contents, as they come over the wire; the arrays are kept. */
  public static MetricSums of(
      long examples,
      double weight,
      double loss,
      long correct,
      double squaredError,
      double absoluteError,
      Moments target,
      int confusionClasses,
      long[] confusion) {
    MetricSums sums = new MetricSums(confusionClasses, confusion, target);
    sums.examples = examples;
    sums.weight = weight;
    sums.loss = loss;
    sums.correct = correct;
    sums.squaredError = squaredError;
    sums.absoluteError = absoluteError;
    return sums;
  }

  @Override
  public void addClass(int actual, int predicted, double exampleWeight, double weightedLoss) {
    examples++;
    weight += exampleWeight;
    loss += weightedLoss;
    if (actual == predicted) {
      correct++;
    }
    if (confusionClasses > 0) {
      confusion[actual * confusionClasses + predicted]++;
    }
  }

  @Override
  public void addValue(float actual, float predicted, double exampleWeight, double weightedLoss) {
    examples++;
    weight += exampleWeight;
    loss += weightedLoss;
    double error = (double) predicted - actual;
    squaredError += error * error;
    absoluteError += Math.abs(error);
    long count = target.count() + 1;
    double delta = actual - target.mean()[0];
    target.mean()[0] += delta / count;
    target.squaredDeviations()[0] += delta * (actual - target.mean()[0]);
    target.set(count);
  }

  @Override
  public boolean isEmpty() {
    return examples == 0;
  }

  @Override
  public void merge(MetricSums right) {
    if (right.confusionClasses != confusionClasses) {
      throw new IllegalArgumentException(
          "confusion counts of "
              + right.confusionClasses
              + " classes cannot be merged into "
              + confusionClasses);
    }
    examples += right.examples;
    weight += right.weight;
    loss += right.loss;
    correct += right.correct;
    squaredError += right.squaredError;
    absoluteError += right.absoluteError;
    target.merge(right.target);
    for (int i = 0; i < confusion.length; i++) {
      confusion[i] += right.confusion[i];
    }
  }

  /** Forgets everything added. */
  public void clear() {
    examples = 0;
    weight = 0.0;
    loss = 0.0;
    correct = 0;
    squaredError = 0.0;
    absoluteError = 0.0;
    target.clear();
    Arrays.fill(confusion, 0);
  }

  /** Number of examples. */
  public long examples() {
    return examples;
  }

  /** Sum of the examples' weights, times those of their classes where the loss has some. */
  public double weight() {
    return weight;
  }

  /** Sum of weight · loss. */
  public double lossSum() {
    return loss;
  }

  /** Number of examples whose class was hit. */
  public long correct() {
    return correct;
  }

  /** Σ(ŷ - y)². */
  public double squaredErrorSum() {
    return squaredError;
  }

  /** Σ|ŷ - y|. */
  public double absoluteErrorSum() {
    return absoluteError;
  }

  /** Moments of y over the examples added by {@link #addValue}. */
  public Moments target() {
    return target;
  }

  /** Classes of the confusion matrix, 0 where none is kept. */
  public int confusionClasses() {
    return confusionClasses;
  }

  /** Confusion counts, [actual, predicted], row-major: this object's own array. */
  public long[] confusion() {
    return confusion;
  }

  /** Weighted mean loss. */
  public double meanLoss() {
    return loss / weight;
  }

  /** Share of hits. */
  public double accuracy() {
    return (double) correct / examples;
  }

  /**
   * Mean over the classes that occur (as truth or prediction) of F1 = 2·hits / (2·hits + misses +
   * false alarms).
   */
  public double macroF1() {
    double sum = 0.0;
    int present = 0;
    for (int k = 0; k < confusionClasses; k++) {
      long actual = 0;
      long predicted = 0;
      for (int other = 0; other < confusionClasses; other++) {
        actual += confusion[k * confusionClasses + other];
        predicted += confusion[other * confusionClasses + k];
      }
      if (actual + predicted > 0) {
        present++;
        sum += 2.0 * confusion[k * confusionClasses + k] / (actual + predicted);
      }
    }
    return sum / present;
  }

  /** √(Σ(ŷ - y)²/n). */
  public double rootMeanSquaredError() {
    return Math.sqrt(squaredError / examples);
  }

  /** Σ|ŷ - y|/n. */
  public double meanAbsoluteError() {
    return absoluteError / examples;
  }

  /** Coefficient of determination 1 - Σ(ŷ - y)²/Σ(y - ȳ)²; NaN where all targets are equal. */
  public double rSquared() {
    double total = target.squaredDeviations()[0];
    return total == 0.0 ? Double.NaN : 1.0 - squaredError / total;
  }
}
