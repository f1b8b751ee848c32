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
      return new ReluLayer(place.inputShape());
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
      return new TanhLayer(place.inputShape());
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
      return new SigmoidLayer(place.inputShape());
    }
  }
}
