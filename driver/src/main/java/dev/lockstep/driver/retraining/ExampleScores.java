package dev.lockstep.driver.retraining;

import dev.lockstep.trainer.reduce.ExampleResults;

/** What one model gives for each example of a shard, in order. */
final class ExampleScores implements ExampleResults {
  private final double[] actual;
  private final double[] predicted;
  private final double[] weight;
  private final double[] loss;
  private int count;

  /** Room for so many examples. */
  ExampleScores(int examples) {
    actual = new double[examples];
    predicted = new double[examples];
    weight = new double[examples];
    loss = new double[examples];
  }

  @Override
  public void addClass(
      int actualClass, int predictedClass, double exampleWeight, double weightedLoss) {
    add(actualClass, predictedClass, exampleWeight, weightedLoss);
  }

  @Override
  public void addValue(
      float actualValue, float predictedValue, double exampleWeight, double weightedLoss) {
    add(actualValue, predictedValue, exampleWeight, weightedLoss);
  }

  private void add(
      double actualAnswer, double predictedAnswer, double exampleWeight, double weightedLoss) {
    actual[count] = actualAnswer;
    predicted[count] = predictedAnswer;
    weight[count] = exampleWeight;
    loss[count] = weightedLoss;
    count++;
  }

  /** Replaces the model's own labels, true and predicted ones, by the given numbers. */
  void useCommonLabels(int[] commonLabels) {
    for (int row = 0; row < count; row++) {
      actual[row] = commonLabels[(int) actual[row]];
      predicted[row] = commonLabels[(int) predicted[row]];
    }
  }

  /** Says that the label of an example is one that the model does not know. */
  void setUnknown(int row, int commonLabel, double exampleWeight) {
    actual[row] = commonLabel;
    weight[row] = exampleWeight;
    loss[row] = exampleWeight * ScoredModel.UNKNOWN_LABEL_LOSS;
  }

  /** Number of examples. */
  int count() {
    return count;
  }

  /**
   * Writes one example: true and predicted answer, weight, weighted loss.
   *
   * @param target overwritten in four places from {@code offset}
   */
  void write(int row, double[] target, int offset) {
    target[offset] = actual[row];
    target[offset + 1] = predicted[row];
    target[offset + 2] = weight[row];
    target[offset + 3] = loss[row];
  }
}
