package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.reduce.ExampleResults;

/**
 * A loss bound to the number of outputs of the network: sums of weight · loss in float64, their
 * gradient with respect to the outputs in float32, and the step from outputs to answers. Immutable;
 * safe on any thread.
 */
public sealed interface Loss
    permits SoftmaxCrossEntropyLoss, SigmoidCrossEntropyLoss, MeanSquaredErrorLoss, HuberLoss {
  /** Outputs of the network for one example. */
  int outputs();

  /** Numbers that {@link #predict} gives for one example: probabilities by class, or the value. */
  int answers();

  /**
   * Adds up loss and hits of a batch and computes the gradient.
   *
   * @param outputValues [rows, outputs], read: logits, or values for regression
   * @param rows number of examples
   * @param targets [rows], class index or value, read
   * @param weights [rows], weight of each example, read
   * @param gradient [rows, outputs], overwritten with weight · ∂loss/∂output; null where it is not
   *     wanted
   * @param results takes the examples of the batch in order
   */
  void evaluate(
      float[] outputValues,
      int rows,
      float[] targets,
      float[] weights,
      float[] gradient,
      ExampleResults results);

  /**
   * Turns outputs into answers.
   *
   * @param outputValues [rows, outputs], read
   * @param rows number of examples
   * @param answerValues [rows, answers], overwritten
   */
  void predict(float[] outputValues, int rows, float[] answerValues);
}
