package dev.lockstep.trainer.check;

import dev.lockstep.trainer.loss.LossSpec;
import java.util.Arrays;

/**
 * The losses once more, in float64 and straight from their definitions: what the losses' own values
 * and gradients are compared with. Stateless; safe on any thread.
 */
public final class ReferenceLoss {
  private ReferenceLoss() {}

  /**
   * Sum over the rows of weight · loss.
   *
   * @param outputs [rows, outputs]
   * @param targets [rows], class index or value
   * @param weights [rows]
   */
  public static double sum(
      LossSpec loss, double[] outputs, int rows, float[] targets, float[] weights) {
    int width = outputs.length / rows;
    double sum = 0.0;
    for (int row = 0; row < rows; row++) {
      double z = outputs[row * width];
      double y = targets[row];
      if (loss instanceof LossSpec.SoftmaxCrossEntropy softmax) {
        double[] logits = Arrays.copyOfRange(outputs, row * width, (row + 1) * width);
        sum += weights[row] * softmaxCrossEntropy(softmax, logits, (int) y);
      } else if (loss instanceof LossSpec.SigmoidCrossEntropy) {
        sum += weights[row] * Math.log1p(Math.exp(y > 0.5 ? -z : z));
      } else if (loss instanceof LossSpec.MeanSquaredError) {
        sum += weights[row] * (z - y) * (z - y);
      } else if (loss instanceof LossSpec.Huber huber) {
        double size = Math.abs(z - y);
        double near = Math.min(size, huber.delta());
        sum += weights[row] * (near * near / 2 + huber.delta() * (size - near));
      } else {
        throw new IllegalArgumentException("no reference for " + loss);
      }
    }
    return sum;
  }

  private static double softmaxCrossEntropy(
      LossSpec.SoftmaxCrossEntropy loss, double[] logits, int actual) {
    double share = loss.labelSmoothing() / logits.length;
    double sum = 0.0;
    for (int k = 0; k < logits.length; k++) {
      double total = 0.0;
      for (double logit : logits) {
        total += Math.exp(logit - logits[k]);
      }
      sum += (k == actual ? 1.0 - loss.labelSmoothing() + share : share) * Math.log(total);
    }
    return classWeight(loss, actual) * sum;
  }

  /**
   * What the sum is divided by for the mean: the examples' weights, each multiplied by that of its
   * class where the loss has class weights.
   *
   * @param targets [rows], class index or value
   * @param weights [rows]
   */
  public static double weight(LossSpec loss, int rows, float[] targets, float[] weights) {
    double total = 0.0;
    for (int row = 0; row < rows; row++) {
      total += weights[row] * classWeight(loss, (int) targets[row]);
    }
    return total;
  }

  private static double classWeight(LossSpec loss, int actual) {
    return loss instanceof LossSpec.SoftmaxCrossEntropy softmax && !softmax.classWeights().isEmpty()
        ? softmax.classWeights().get(actual)
        : 1.0;
  }
}
