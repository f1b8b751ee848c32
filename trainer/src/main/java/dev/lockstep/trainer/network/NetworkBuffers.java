package dev.lockstep.trainer.network;

import dev.lockstep.trainer.layer.LayerBuffers;
import dev.lockstep.trainer.layer.LayerChainBuffers;

/**
 * Memory for passes of at most {@code maxRows} rows through one network by one thread: input,
 * output and its gradient, and what the layers need between them.
 */
public final class NetworkBuffers {
  private final int maxRows;
  private final float[] input;
  private final float[] output;
  private final float[] outputGradient;
  private final LayerChainBuffers chain;

  /**
   * Allocates everything.
   *
   * @param training whether a backward pass will be run
   */
  public NetworkBuffers(Network network, int maxRows, boolean training) {
    this.maxRows = maxRows;
    this.input = LayerBuffers.newRows(network.inputShape().size(), maxRows);
    this.output = LayerBuffers.newRows(network.outputs(), maxRows);
    this.outputGradient = new float[training ? output.length : 0];
    this.chain = new LayerChainBuffers(network.chain(), maxRows, training);
  }

  /** Rows that fit. */
  public int maxRows() {
    return maxRows;
  }

  /** Input of the network, [maxRows, inputShape]: fill it before the forward pass. */
  public float[] input() {
    return input;
  }

  /** Output of the network, [maxRows, outputs]. */
  public float[] output() {
    return output;
  }

  /** Gradient of the output, [maxRows, outputs]: fill it before the backward pass. */
  public float[] outputGradient() {
    return outputGradient;
  }

  /** Memory of the layers. */
  LayerChainBuffers chain() {
    return chain;
  }
}
