package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import java.util.List;

/**
 * One layer of a network, bound to the shape of its input and to its windows of the flat parameter
 * vector: a pure function of input and parameters forward, and of the output's gradient backward.
 * Immutable; all memory is in {@link LayerBuffers}, so one layer serves any number of threads.
 *
 * <p>Gradients are sums over the rows, never means.
 */
public sealed interface Layer
    permits DenseLayer,
        EmbeddingLayer,
        BatchNormLayer,
        LayerNormLayer,
        DropoutLayer,
        ActivationLayer,
        Conv2dLayer,
        MaxPoolLayer,
        AveragePoolLayer,
        GlobalAveragePoolLayer,
        FlattenLayer,
        ResidualLayer {
  /** Shape of one input row. */
  Shape inputShape();

  /** Shape of one output row. */
  Shape outputShape();

  /** How much scratch memory the layer needs between its forward and its backward pass. */
  default Scratch scratch() {
    return Scratch.NONE;
  }

  /** Puts initial values into the layer's windows of {@code parameters}. */
  default void initialize(long seed, ParameterLayout layout, float[] parameters) {}

  /**
   * Computes the output of {@code pass.rows()} rows.
   *
   * @param pass parameters, mode and coordinates of this pass
   * @param buffers this layer's scratch memory, overwritten
   * @param input [rows, inputShape], read
   * @param output [rows, outputShape], overwritten
   */
  void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output);

  /**
   * Computes the gradients after a forward pass in training mode with the same arguments.
   * Overwrites this layer's windows of {@code pass.gradient()} with the sums over the rows.
   *
   * @param pass as in the forward pass
   * @param buffers as the forward pass left them
   * @param input [rows, inputShape], read
   * @param output [rows, outputShape], read
   * @param outputGradient [rows, outputShape], read
   * @param inputGradient [rows, inputShape], overwritten; null where nobody needs it (the first
   *     layer)
   */
  void backward(
      Pass pass,
      LayerBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient);

  /**
   * Scratch memory of a layer.
   *
   * @param floatsPerRow float32 values for each row
   * @param floats float32 values for the whole pass
   * @param doubles float64 values for the whole pass
   * @param tiles arrays of {@code tileLength} float32 values for the whole pass
   * @param tileLength length of each of them
   * @param counters counters of random draws, four words each, for the whole pass
   * @param chains layers inside this one, which need memory of their own
   */
  record Scratch(
      int floatsPerRow,
      int floats,
      int doubles,
      int tiles,
      int tileLength,
      int counters,
      List<LayerChain> chains) {
    /** Nothing. */
    public static final Scratch NONE = new Scratch(0, 0, 0);

    /** Takes an immutable copy. */
    public Scratch {
      chains = List.copyOf(chains);
    }

    /** Floating-point numbers only. */
    public Scratch(int floatsPerRow, int floats, int doubles) {
      this(floatsPerRow, floats, doubles, List.of());
    }

    /** No tiles. */
    public Scratch(int floatsPerRow, int floats, int doubles, List<LayerChain> chains) {
      this(floatsPerRow, floats, doubles, 0, 0, chains);
    }

    /** No counters. */
    public Scratch(
        int floatsPerRow,
        int floats,
        int doubles,
        int tiles,
        int tileLength,
        List<LayerChain> chains) {
      this(floatsPerRow, floats, doubles, tiles, tileLength, 0, chains);
    }
  }
}
