package dev.lockstep.trainer.layer;

import java.util.List;

/**
 * Memory for passes of at most {@code maxRows} rows through one chain of layers by one thread: the
 * activations between layers, their gradients (two buffers that take turns), and each layer's
 * scratch. Input and output of the chain are the caller's.
 */
public final class LayerChainBuffers {
  private final float[][] activations;
  private final float[][] gradients;
  private final LayerBuffers[] scratch;

  /**
   * Allocates everything.
   *
   * @param training whether a backward pass will be run
   */
  public LayerChainBuffers(LayerChain chain, int maxRows, boolean training) {
    List<Layer> layers = chain.layers();
    this.activations = new float[layers.size()][];
    this.scratch = new LayerBuffers[layers.size()];
    int widest = 0;
    for (int i = 0; i < layers.size(); i++) {
      scratch[i] = new LayerBuffers(layers.get(i).scratch(), maxRows, training);
      if (i > 0) {
        activations[i] = LayerBuffers.newRows(layers.get(i).inputShape().size(), maxRows);
        widest = Math.max(widest, activations[i].length);
      }
    }
    this.gradients = new float[2][training ? widest : 0];
  }

  /** Input of layer {@code index} (not of the first), which is the output of the one before it. */
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
