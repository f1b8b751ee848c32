package dev.lockstep.trainer.network;

import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerChain;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import java.util.List;

/**
 * A stack of layers bound to an input shape, with the layout of all their parameters. Immutable and
 * safe on any thread; memory for a pass is in {@link NetworkBuffers}.
 */
public final class Network {
  /** No evaluation sends more rows through a network at once. */
  public static final int MAX_EVALUATION_ROWS = 256;

  /** Values between the layers that an evaluation has room for: 128 MB. */
  private static final long EVALUATION_VALUES = 1L << 25;

  private final List<LayerSpec> specs;
  private final Shape inputShape;
  private final LayerChain chain;
  private final ParameterLayout layout;
  private final List<StatisticsPoint> statisticsPoints;

  /** Binds {@code specs} to examples of {@code inputShape}. */
  public Network(List<LayerSpec> specs, Shape inputShape) {
    this.specs = List.copyOf(specs);
    this.inputShape = inputShape;
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    this.chain = LayerChain.ofNetwork(specs, inputShape, builder);
    this.layout = builder.build();
    this.statisticsPoints = List.copyOf(chain.statisticsPoints());
  }

  /** What the configuration said. */
  public List<LayerSpec> specs() {
    return specs;
  }

  /** The layers, in order. */
  public List<Layer> layers() {
    return chain.layers();
  }

  /** Shape of one example. */
  public Shape inputShape() {
    return inputShape;
  }

  /** Number of outputs of the last layer for one example. */
  public int outputs() {
    return chain.outputShape().size();
  }

  /**
   * Rows that an evaluation sends through the network at once: {@link #MAX_EVALUATION_ROWS}, or as
   * many as have room in a fixed amount of memory, at least one. A function of the network alone,
   * so that every machine groups rows alike.
   */
  public int evaluationRows() {
    long perRow = chain.valuesPerRow() + inputShape.size() + outputs();
    return (int) Math.max(1, Math.min(MAX_EVALUATION_ROWS, EVALUATION_VALUES / perRow));
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

  /**
   * Where the shards of a mini-batch wait for each other's statistics in a training step, two for
   * each batch-norm layer with synchronized moments; empty where none has them.
   */
  public List<StatisticsPoint> statisticsPoints() {
    return statisticsPoints;
  }

  /** The first parameters: a pure function of the seed. */
  public ParameterVector initialParameters(long seed) {
    float[] values = new float[layout.length()];
    chain.initialize(seed, layout, values);
    return new ParameterVector(values);
  }

  /**
   * Runs all layers on the input that {@code buffers} holds; the result is {@link
   * NetworkBuffers#output()}.
   */
  public void forward(Pass pass, NetworkBuffers buffers) {
    chain.forward(pass, buffers.chain(), buffers.input(), buffers.output());
  }

  /**
   * Runs all layers backwards from {@link NetworkBuffers#outputGradient()}, after a forward pass in
   * training mode. Nobody needs the gradient of the examples.
   */
  public void backward(Pass pass, NetworkBuffers buffers) {
    chain.backward(
        pass, buffers.chain(), buffers.input(), buffers.output(), buffers.outputGradient(), null);
  }

  /** The layers as they are run. */
  LayerChain chain() {
    return chain;
  }
}
