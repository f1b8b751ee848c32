package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Layers in a row, each bound to the output of the one before it: a whole network, or what is
 * inside a block. Immutable and safe on any thread; memory for a pass is in {@link
 * LayerChainBuffers}.
 */
public final class LayerChain {
  private final List<Layer> layers;

  private LayerChain(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** The layers of a network, for examples of {@code inputShape}; layer i has number i. */
  public static LayerChain ofNetwork(
      List<LayerSpec> specs, Shape inputShape, ParameterLayout.Builder builder) {
    if (specs.isEmpty()) {
      throw LockstepException.usage("network.layers: a network needs at least one layer.");
    }
    LayerNumbers innerNumbers = new LayerNumbers(specs.size());
    List<Layer> layers = new ArrayList<>();
    Shape shape = inputShape;
    for (int i = 0; i < specs.size(); i++) {
      LayerPlace place =
          new LayerPlace(
              i, Integer.toString(i), shape, isBeforeBatchNorm(specs, i), builder, innerNumbers);
      layers.add(specs.get(i).bind(place));
      shape = layers.get(i).outputShape();
    }
    return new LayerChain(layers);
  }

  /** The layers inside a block at {@code block}, whose input is theirs. */
  static LayerChain inside(LayerPlace block, List<LayerSpec> specs) {
    if (specs.isEmpty()) {
      throw LockstepException.usage(block.path() + ".layers: a block needs at least one layer.");
    }
    List<Layer> layers = new ArrayList<>();
    Shape shape = block.inputShape();
    for (int i = 0; i < specs.size(); i++) {
      LayerPlace place =
          new LayerPlace(
              block.innerNumbers().take(),
              block.name() + ".layers." + i,
              shape,
              isBeforeBatchNorm(specs, i),
              block.builder(),
              block.innerNumbers());
      layers.add(specs.get(i).bind(place));
      shape = layers.get(i).outputShape();
    }
    return new LayerChain(layers);
  }

  /** A single layer as a chain. */
  static LayerChain of(Layer layer) {
    return new LayerChain(List.of(layer));
  }

  private static boolean isBeforeBatchNorm(List<LayerSpec> specs, int index) {
    return index + 1 < specs.size() && specs.get(index + 1) instanceof LayerSpec.BatchNorm;
  }

  /** The layers, in order. */
  public List<Layer> layers() {
    return layers;
  }

  /** Shape of one input row. */
  public Shape inputShape() {
    return layers.get(0).inputShape();
  }

  /** Shape of one output row. */
  public Shape outputShape() {
    return layers.get(layers.size() - 1).outputShape();
  }

  /** Puts every layer's initial values into {@code parameters}. */
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    for (Layer layer : layers) {
      layer.initialize(seed, layout, parameters);
    }
  }

  /**
   * Values that a forward pass keeps for each row in {@link LayerChainBuffers}, input and output of
   * the chain aside.
   */
  public long valuesPerRow() {
    long values = 0;
    for (int i = 0; i < layers.size(); i++) {
      Layer.Scratch scratch = layers.get(i).scratch();
      values += scratch.floatsPerRow() + (i > 0 ? layers.get(i).inputShape().size() : 0);
      for (LayerChain inner : scratch.chains()) {
        values += inner.valuesPerRow();
      }
    }
    return values;
  }

  /**
   * Where layers with synchronized moments meet those of the other shards in a training step, in
   * the order of a forward pass.
   */
  public List<StatisticsPoint> statisticsPoints() {
    List<StatisticsPoint> points = new ArrayList<>();
    for (Layer layer : layers) {
      if (layer instanceof BatchNormLayer batchNorm) {
        points.addAll(batchNorm.points());
      }
      for (LayerChain inner : layer.scratch().chains()) {
        points.addAll(inner.statisticsPoints());
      }
    }
    return points;
  }

  /**
   * Runs all layers.
   *
   * @param input [rows, inputShape], read
   * @param output [rows, outputShape], overwritten
   */
  public void forward(Pass pass, LayerChainBuffers buffers, float[] input, float[] output) {
    int last = layers.size() - 1;
    for (int i = 0; i <= last; i++) {
      layers
          .get(i)
          .forward(
              pass,
              buffers.scratch(i),
              i == 0 ? input : buffers.activation(i),
              i == last ? output : buffers.activation(i + 1));
    }
  }

  /**
   * Runs all layers backwards, after a forward pass in training mode with the same arguments.
   *
   * @param input [rows, inputShape], read
   * @param output [rows, outputShape], read
   * @param outputGradient [rows, outputShape], read
   * @param inputGradient [rows, inputShape], overwritten; null where nobody needs it
   */
  public void backward(
      Pass pass,
      LayerChainBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient) {
    int last = layers.size() - 1;
    for (int i = last; i >= 0; i--) {
      layers
          .get(i)
          .backward(
              pass,
              buffers.scratch(i),
              i == 0 ? input : buffers.activation(i),
              i == last ? output : buffers.activation(i + 1),
              i == last ? outputGradient : buffers.gradient(i + 1),
              i == 0 ? inputGradient : buffers.gradient(i));
    }
  }
}
