package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.Initializer;
import java.io.Serializable;
import java.util.List;

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
      return new DenseLayer(this, place.hasBias(bias), place);
    }
  }

  /**
   * Normalizes every feature (of images: every channel) over rows of a mini-batch, then scales by γ
   * and shifts by β.
   *
   * @param moments over which rows: a shard's own or all
   */
  record BatchNorm(BatchMoments moments) implements LayerSpec {
    /** Over which rows where the configuration says nothing. */
    public static final BatchMoments DEFAULT_MOMENTS = BatchMoments.SHARD;

    /** Over the default rows. */
    public BatchNorm() {
      this(DEFAULT_MOMENTS);
    }

    @Override
    public String kind() {
      return "batchNorm";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new BatchNormLayer(this, place);
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

  /**
   * Learned vectors in place of the levels of categorical columns; the first layer of a network.
   *
   * @param dimension values of a vector, at least 1
   * @param tables the categorical columns; empty until the data are known
   */
  record Embedding(int dimension, List<Table> tables) implements LayerSpec {
    /** Takes an immutable copy. */
    public Embedding {
      tables = List.copyOf(tables);
    }

    /**
     * One categorical column.
     *
     * @param position place of its level in an input row; ascending from table to table
     * @param levels number of levels, at least 1
     */
    public record Table(int position, int levels) implements Serializable {}

    @Override
    public String kind() {
      return "embedding";
    }

    /** The same layer for these columns. */
    public Embedding withTables(List<Table> known) {
      return new Embedding(dimension, known);
    }

    @Override
    public Layer bind(LayerPlace place) {
      String where = place.path() + ": an embedding layer ";
      if (!place.name().equals("0")) {
        throw LockstepException.usage(
            where + "must be the first layer, since it takes the columns of the data.");
      }
      if (tables.isEmpty()) {
        throw LockstepException.usage(
            where + "needs columns of texts. Name them in data.categorical, or take it out.");
      }
      int free = 0;
      for (Table table : tables) {
        if (table.position() < free
            || table.position() >= place.inputShape().size()
            || table.levels() < 1
            || place.inputShape().isImage()) {
          throw LockstepException.usage(
              where
                  + "has a table of "
                  + table.levels()
                  + " levels at position "
                  + table.position()
                  + ", which does not fit examples of shape "
                  + place.inputShape()
                  + ".");
        }
        free = table.position() + 1;
      }
      long width = place.inputShape().size() + tables.size() * (dimension - 1L);
      if (width > Integer.MAX_VALUE) {
        throw LockstepException.usage(
            where
                + "of dimension: "
                + dimension
                + " gives "
                + width
                + " values for each example, more than one array holds. Use less.");
      }
      return new EmbeddingLayer(this, place);
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

  /**
   * Two-dimensional convolution of an image, or what remains of one.
   *
   * @param filters channels of the output, at least 1
   * @param kernel height and width of a window, at least 1
   * @param stride pixels from one window to the next, at least 1
   * @param padding what happens at the borders
   * @param initializer law of the first weights
   * @param bias whether a bias is added; {@code null} means yes, except directly before batch norm,
   *     whose β takes its place
   */
  record Conv2d(
      int filters, int kernel, int stride, Padding padding, Initializer initializer, Boolean bias)
      implements LayerSpec {
    /** Pixels from one window to the next where the configuration says nothing. */
    public static final int DEFAULT_STRIDE = 1;

    /** What happens at the borders where the configuration says nothing. */
    public static final Padding DEFAULT_PADDING = Padding.VALID;

    @Override
    public String kind() {
      return "conv2d";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new Conv2dLayer(this, place.hasBias(bias), place);
    }
  }

  /**
   * Largest value of each window, channel by channel.
   *
   * @param size height, width and stride of the windows, at least 1
   */
  record MaxPool(int size) implements LayerSpec {
    @Override
    public String kind() {
      return "maxPool";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new MaxPoolLayer(this, place);
    }
  }

  /**
   * Mean of each window, channel by channel.
   *
   * @param size height, width and stride of the windows, at least 1
   */
  record AveragePool(int size) implements LayerSpec {
    @Override
    public String kind() {
      return "averagePool";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new AveragePoolLayer(this, place);
    }
  }

  /** Mean of each channel over all pixels. */
  record GlobalAveragePool() implements LayerSpec {
    @Override
    public String kind() {
      return "globalAveragePool";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new GlobalAveragePoolLayer(this, place);
    }
  }

  /** An image as a plain vector, channel by channel. */
  record Flatten() implements LayerSpec {
    @Override
    public String kind() {
      return "flatten";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new FlattenLayer(place.inputShape());
    }
  }

  /**
   * A block with a skip connection: x + layers(x).
   *
   * @param layers the layers of the block, at least one
   * @param projection whether x goes through a dense layer or a 1 × 1 convolution before it is
   *     added, so that shapes may differ
   */
  record Residual(List<LayerSpec> layers, boolean projection) implements LayerSpec {
    /** Takes an immutable copy. */
    public Residual {
      layers = List.copyOf(layers);
    }

    @Override
    public String kind() {
      return "residual";
    }

    @Override
    public Layer bind(LayerPlace place) {
      return new ResidualLayer(this, place);
    }
  }
}
