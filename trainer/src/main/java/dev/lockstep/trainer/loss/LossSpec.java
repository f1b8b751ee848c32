package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.error.LockstepException;
import java.io.Serializable;

/** What the configuration says about the loss. */
public sealed interface LossSpec extends Serializable {
  /** The name under which the configuration knows this loss. */
  String kind();

  /**
   * The loss for a task.
   *
   * @param classes number of classes, 0 for regression
   * @throws dev.lockstep.trainer.error.LockstepException of kind usage where loss and task do not
   *     go together
   */
  Loss bind(int classes);

  /** -log softmax(z)_y over K logits; classification into K classes. */
  record SoftmaxCrossEntropy() implements LossSpec {
    @Override
    public String kind() {
      return "softmaxCrossEntropy";
    }

    @Override
    public Loss bind(int classes) {
      if (classes < 2) {
        throw LockstepException.usage(
            "loss: softmaxCrossEntropy sorts into classes, but the task is regression; use meanSquaredError.");
      }
      return new SoftmaxCrossEntropyLoss(classes);
    }
  }

  /**
   * max(z,0) - z·y + log(1 + e^-|z|) over one logit; classification into two classes, y = 1 for the
   * second.
   */
  record SigmoidCrossEntropy() implements LossSpec {
    @Override
    public String kind() {
      return "sigmoidCrossEntropy";
    }

    @Override
    public Loss bind(int classes) {
      if (classes != 2) {
        throw LockstepException.usage(
            "loss: sigmoidCrossEntropy tells two classes apart, but the label has "
                + (classes == 0 ? "numbers (regression)" : classes + " classes")
                + "; use "
                + (classes == 0 ? "meanSquaredError." : "softmaxCrossEntropy."));
      }
      return new SigmoidCrossEntropyLoss();
    }
  }

  /** Mean over outputs of (ŷ - y)²; regression. */
  record MeanSquaredError() implements LossSpec {
    @Override
    public String kind() {
      return "meanSquaredError";
    }

    @Override
    public Loss bind(int classes) {
      if (classes != 0) {
        throw LockstepException.usage(
            "loss: meanSquaredError is for regression, but the label has "
                + classes
                + " classes; use softmaxCrossEntropy, or data.task: regression where the labels are numbers.");
      }
      return new MeanSquaredErrorLoss();
    }
  }
}
