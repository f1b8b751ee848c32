package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.Initializer;
import java.io.Serializable;

/**
 * What the configuration says about one layer; immutable, and independent of the shapes that flow
 * through it. {@code Network} binds a list of these to an input shape.
 */
public sealed interface LayerSpec extends Serializable {
  /** The name under which the configuration knows this kind of layer. */
  String kind();

  /** The layer that this becomes at a place of a network; reserves its tensors there. */
  Layer bind(LayerPlace place);

  /**
   * Affine map of a row.
   *
   * @param units outputs, at least 1
   * @param initializer law of the first weights
   * @param bias whether a bias is added; {@code null} means yes, except directly before batch norm,
   *     whose β takes its place
   */
  record Dense(int units, Initializer initializer, Boolean bias) implements LayerSpec {
    /** The law of the first weights where the configuration names none. */
    public static final Initializer DEFAULT_INITIALIZER = new Initializer.He();

    @Override
    public String kind() {
      return "dense";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new DenseLayer(this, hasBias(place), place);
    }

    private boolean hasBias(LayerPlace place) {
      return bias == null ? !place.beforeBatchNorm() : bias;
    }
  }

  /**
   * Normalizes every feature (of images: every channel) over the rows of a mini-batch shard, then
   * scales by γ and shifts by β.
   */
  record BatchNorm() implements LayerSpec {
    @Override
    public String kind() {
      return "batchNorm";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new BatchNormLayer(place);
    }
  }

  /**
   * Normalizes every row over its features, then scales by γ and shifts by β, one of each for a
   * feature. For feature vectors, not for images.
   */
  record LayerNorm() implements LayerSpec {
    @Override
    public String kind() {
      return "layerNorm";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new LayerNormLayer(place);
    }
  }

  /**
   * Inverted dropout.
   *
   * @param keep probability that a unit stays, 0 &lt; keep ≤ 1
   */
  record Dropout(double keep) implements LayerSpec {
    @Override
    public String kind() {
      return "dropout";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new DropoutLayer(this, place);
    }
  }

  /** max(z, 0). */
  record Relu() implements LayerSpec {
    @Override
    public String kind() {
      return "relu";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.RELU, place.inputShape());
    }
  }

  /** z where it is positive, else 0.01 z. */
  record LeakyRelu() implements LayerSpec {
    @Override
    public String kind() {
      return "leakyRelu";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.LEAKY_RELU, place.inputShape());
    }
  }

  /** z where it is positive, else e^z - 1. */
  record Elu() implements LayerSpec {
    @Override
    public String kind() {
      return "elu";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.ELU, place.inputShape());
    }
  }

  /** z Φ(z), with Φ the distribution function of the standard normal law. */
  record Gelu() implements LayerSpec {
    @Override
    public String kind() {
      return "gelu";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.GELU, place.inputShape());
    }
  }

  /** z/(1 + e^-z). */
  record Silu() implements LayerSpec {
    @Override
    public String kind() {
      return "silu";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.SILU, place.inputShape());
    }
  }

  /** Hyperbolic tangent. */
  record Tanh() implements LayerSpec {
    @Override
    public String kind() {
      return "tanh";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.TANH, place.inputShape());
    }
  }

  /** 1/(1 + e^-z). */
  record Sigmoid() implements LayerSpec {
    @Override
    public String kind() {
      return "sigmoid";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ActivationLayer(Activation.SIGMOID, place.inputShape());
    }
  }
}
