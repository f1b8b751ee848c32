package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.Blas;
import dev.lockstep.trainer.kernel.RowKernels;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;

/**
 * Affine map of a batch: {@code Y = X Wᵀ + b}.
 *
 * <pre>
 *   X  input   [rows, in]   read
 *   W  weight  [out, in]    read
 *   b  bias    [out]        read, where there is one
 *   Y  output  [rows, out]  overwritten
 * </pre>
 *
 * Backward overwrites dW with {@code dYᵀ X}, db with the column sums of dY, and {@code dX = dY W}.
 */
public final class DenseLayer implements Layer {
  private static final int NO_BIAS = -1;

  private final int index;
  private final Shape inputShape;
  private final Shape outputShape;
  private final Initializer initializer;
  private final int weight;
  private final int bias;

  /**
   * Reserves the layer's tensors.
   *
   * @param withBias whether a bias is added
   */
  DenseLayer(LayerSpec.Dense spec, boolean withBias, LayerPlace place) {
    this.index = place.index();
    this.inputShape = place.inputShape();
    if (inputShape.isImage() && inputShape.channels() > 1) {
      throw LockstepException.usage(
          place.path()
              + ": dense on an image of "
              + inputShape
              + " (height x width x channels) needs {kind: flatten} before it, which fixes the"
              + " order of its inputs.");
    }
    this.outputShape = Shape.vector(spec.units());
    this.initializer = spec.initializer();
    this.weight =
        place
            .builder()
            .reserve(place.name() + ".weight", Role.WEIGHT, spec.units(), inputShape.size());
    this.bias =
        withBias
            ? place.builder().reserve(place.name() + ".bias", Role.SHIFT, spec.units())
            : NO_BIAS;
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    ParameterWindow window = layout.windows().get(weight);
    int fanOut = outputShape.size();
    int fanIn = inputShape.size();
    for (int element = 0; element < window.length(); element++) {
      parameters[window.offset() + element] =
          (float) initializer.weight(new Initializer.Draw(seed, index, element), fanIn, fanOut);
    }
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int rows = pass.rows();
    int in = inputShape.size();
    int out = outputShape.size();
    Blas.multiplyByTransposed(
        rows, out, in, input, 0, pass.parameters(), pass.offset(weight), output, 0);
    if (bias != NO_BIAS) {
      RowKernels.addToRows(output, rows, out, pass.parameters(), pass.offset(bias));
    }
  }

  @Override
  public void backward(
      Pass pass,
      LayerBuffers buffers,
      float[] input,
      float[] output,
      float[] outputGradient,
      float[] inputGradient) {
    int rows = pass.rows();
    int in = inputShape.size();
    int out = outputShape.size();
    Blas.transposedMultiply(
        out, in, rows, outputGradient, 0, input, 0, pass.gradient(), pass.offset(weight));
    if (bias != NO_BIAS) {
      RowKernels.columnSums(outputGradient, rows, out, pass.gradient(), pass.offset(bias));
    }
    if (inputGradient != null) {
      Blas.multiply(
          rows,
          in,
          out,
          outputGradient,
          0,
          pass.parameters(),
          pass.offset(weight),
          inputGradient,
          0);
    }
  }
}
