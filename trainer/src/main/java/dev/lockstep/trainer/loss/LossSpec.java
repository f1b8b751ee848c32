package dev.lockstep.trainer.loss;

import dev.lockstep.trainer.error.LockstepException;
import java.io.Serializable;
import java.util.List;

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

  /**
   * -Σ q_k log softmax(z)_k over K logits, times the weight of the true class y; classification
   * into K classes. The target q is (1-ε)·onehot(y) + ε/K. The mean over a mini-batch divides by
   * the sum of the weights (of example times class), as everywhere.
   *
   * @param labelSmoothing ε, 0 ≤ ε &lt; 1; 0 leaves -log softmax(z)_y
   * @param classWeights a number above 0 for each class, in the order of the classes; empty where
   *     all classes weigh the same
   */
  record SoftmaxCrossEntropy(double labelSmoothing, List<Double> classWeights) implements LossSpec {
    /** ε where the configuration names none. */
    public static final double DEFAULT_LABEL_SMOOTHING = 0.0;

    /** Takes an immutable copy. */
    public SoftmaxCrossEntropy {
      classWeights = List.copyOf(classWeights);
    }

    /** Without label smoothing and class weights. */
    public SoftmaxCrossEntropy() {
      this(DEFAULT_LABEL_SMOOTHING, List.of());
    }

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
      if (!classWeights.isEmpty() && classWeights.size() != classes) {
        throw LockstepException.usage(
            "loss.classWeights: there must be one weight for each class, but the list has "
                + classWeights.size()
                + " and the label has "
                + classes
                + " classes.");
      }
      return new SoftmaxCrossEntropyLoss(classes, labelSmoothing, classWeights);
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

  /**
   * e²/2 where |e| ≤ δ, else δ (|e| - δ/2), with e = ŷ - y; regression that outliers do not rule.
   *
   * @param delta δ, above 0
   */
  record Huber(double delta) implements LossSpec {
    /** δ where the configuration names none. */
    public static final double DEFAULT_DELTA = 1.0;

    @Override
    public String kind() {
      return "huber";
    }

    @Override
    public Loss bind(int classes) {
      if (classes != 0) {
        throw LockstepException.usage(
            "loss: huber is for regression, but the label has "
                + classes
                + " classes; use softmaxCrossEntropy, or data.task: regression where the labels are numbers.");
      }
      return new HuberLoss(delta);
    }
  }
}
