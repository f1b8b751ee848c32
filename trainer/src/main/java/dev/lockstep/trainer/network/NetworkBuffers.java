package dev.lockstep.trainer.network;

import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerBuffers;

/**
 * Memory for passes of at most {@code maxRows} rows through one network by one thread: the
 * activations between layers, their gradients (two buffers that take turns), and each layer's
 * scratch.
 */
public final class NetworkBuffers {
  private final int maxRows;
  private final float[][] activations;
  private final float[][] gradients;
  private final LayerBuffers[] scratch;

  /**
   * Allocates everything.
   *
   * @param training whether a backward pass will be run
   */
  public NetworkBuffers(Network network, int maxRows, boolean training) {
    this.maxRows = maxRows;
    int count = network.layers().size();
    this.activations = new float[count + 1][];
    this.scratch = new LayerBuffers[count];
    activations[0] = new float[Math.multiplyExact(network.inputShape().size(), maxRows)];
    int widest = 0;
    for (int index = 0; index < count; index++) {
      Layer layer = network.layers().get(index);
      activations[index + 1] = new float[Math.multiplyExact(layer.outputShape().size(), maxRows)];
      scratch[index] = new LayerBuffers(layer.scratch(), maxRows);
      widest = Math.max(widest, activations[index + 1].length);
    }
    this.gradients = new float[2][training ? widest : 0];
  }

  /** Rows that fit. */
  public int maxRows() {
    return maxRows;
  }

  /** Input of the network, [maxRows, inputShape]: fill it before the forward pass. */
  public float[] input() {
    return activations[0];
  }

  /** Output of the network, [maxRows, outputs]. */
  public float[] output() {
    return activations[activations.length - 1];
  }

  /** Gradient of the output, [maxRows, outputs]: fill it before the backward pass. */
  public float[] outputGradient() {
    return gradient(activations.length - 1);
  }

  /** Input of layer {@code index}, which is the output of the layer before it. */
  float[] activation(int index) {
    return activations[index];
  }

  /** Gradient of {@link #activation}. */
  float[] gradient(int index) {
    return gradients[index & 1];
  }

  /** Scratch memory of layer {@code index}. */
  LayerBuffers scratch(int index) {
    return scratch[index];
  }
}
