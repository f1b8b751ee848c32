package dev.lockstep.trainer.network;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerPlace;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.ArrayList;
import java.util.List;

/**
 * A stack of layers bound to an input shape, with the layout of all their parameters. Immutable and
 * safe on any thread; memory for a pass is in {@link NetworkBuffers}.
 */
public final class Network {
  private final List<LayerSpec> specs;
  private final Shape inputShape;
  private final List<Layer> layers = new ArrayList<>();
  private final ParameterLayout layout;

  /** Binds {@code specs} to examples of {@code inputShape}. */
  public Network(List<LayerSpec> specs, Shape inputShape) {
    if (specs.isEmpty()) {
      throw LockstepException.usage("network.layers: a network needs at least one layer.");
    }
    this.specs = List.copyOf(specs);
    this.inputShape = inputShape;
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    Shape shape = inputShape;
    for (int index = 0; index < specs.size(); index++) {
      boolean beforeBatchNorm =
          index + 1 < specs.size() && specs.get(index + 1) instanceof LayerSpec.BatchNorm;
      LayerPlace place =
          new LayerPlace(index, Integer.toString(index), shape, beforeBatchNorm, builder);
      Layer layer = specs.get(index).bind(place);
      layers.add(layer);
      shape = layer.outputShape();
    }
    this.layout = builder.build();
  }

  /** What the configuration said. */
  public List<LayerSpec> specs() {
    return specs;
  }

  /** The layers, in order. */
  public List<Layer> layers() {
    return List.copyOf(layers);
  }

  /** Shape of one example. */
  public Shape inputShape() {
    return inputShape;
  }

  /** Number of outputs of the last layer for one example. */
  public int outputs() {
    return layers.get(layers.size() - 1).outputShape().size();
  }

  /** Where the parameters lie. */
  public ParameterLayout layout() {
    return layout;
  }

  /** Features of each batch-norm layer, in order. */
  public int[] batchNormColumns() {
    return layout.windows().stream()
        .filter(window -> window.role() == Role.RUNNING_MEAN)
        .mapToInt(ParameterWindow::length)
        .toArray();
  }

  /** The first parameters: a pure function of the seed. */
  public ParameterVector initialParameters(long seed) {
    float[] values = new float[layout.length()];
    for (Layer layer : layers) {
      layer.initialize(seed, layout, values);
    }
    return new ParameterVector(values);
  }

  /**
   * Runs all layers on the input that {@code buffers} holds; the result is {@link
   * NetworkBuffers#output()}.
   */
  public void forward(Pass pass, NetworkBuffers buffers) {
    for (int index = 0; index < layers.size(); index++) {
      layers
          .get(index)
          .forward(
              pass,
              buffers.scratch(index),
              buffers.activation(index),
              buffers.activation(index + 1));
    }
  }

  /**
   * Runs all layers backwards from {@link NetworkBuffers#outputGradient()}, after a forward pass in
   * training mode.
   */
  public void backward(Pass pass, NetworkBuffers buffers) {
    for (int index = layers.size() - 1; index >= 0; index--) {
      layers
          .get(index)
          .backward(
              pass,
              buffers.scratch(index),
              buffers.activation(index),
              buffers.activation(index + 1),
              buffers.gradient(index + 1),
              index == 0 ? null : buffers.gradient(index));
    }
  }
}
