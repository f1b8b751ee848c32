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
      String where = "network.layers[" + place.index() + "]: an embedding layer ";
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
