package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerBuffers;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.reduce.Contribution;
import java.util.List;

/** One layer with memory, input and output gradient for training passes. */
final class OneLayer {
  final int rows;
  final Layer layer;
  final float[] parameters;
  final Contribution contribution;
  final float[] input;
  final float[] output;
  final float[] outputGradient;
  final float[] inputGradient;
  private final LayerBuffers buffers;
  private final Pass pass;

  /** The layer on {@code rows} examples of a shape, with values of the normal law. */
  OneLayer(LayerSpec spec, Shape shape, int rows) {
    Network network = new Network(List.of(spec), shape);
    this.rows = rows;
    this.layer = network.layers().get(0);
    this.parameters = network.initialParameters(1).values();
    this.contribution =
        new Contribution(network.layout().trainableLength(), network.batchNormColumns());
    this.input = Checks.normal(rows * shape.size(), 3);
    this.output = new float[rows * layer.outputShape().size()];
    this.outputGradient = Checks.normal(output.length, 4);
    this.inputGradient = new float[input.length];
    this.buffers = new LayerBuffers(layer.scratch(), rows);
    this.pass = new Pass(network.layout());
    long[] indices = new long[rows];
    for (int row = 0; row < rows; row++) {
      indices[row] = row;
    }
    pass.train(parameters, 1, 1, indices, rows, contribution.gradient(), contribution.moments());
  }

  /** A forward pass. */
  float[] forward() {
    layer.forward(pass, buffers, input, output);
    return output;
  }

  /** A backward pass after a forward pass. */
  float[] backward() {
    layer.backward(pass, buffers, input, output, outputGradient, inputGradient);
    return inputGradient;
  }
}
