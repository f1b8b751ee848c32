package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterLayout;
import java.util.List;

/**
 * A block with a skip connection: {@code y = x + layers(x)}, or {@code y = projection(x) +
 * layers(x)}. Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition" (2016),
 * eq. 1 and 2.
 *
 * <pre>
 *   x  input   [rows, inputShape]   read
 *   y  output  [rows, outputShape]  overwritten
 * </pre>
 *
 * The projection has no bias. On vectors it is a dense layer, weight [out, in]; on images it is a 1
 * × 1 convolution, weight [out, in, 1, 1], of the smallest stride that takes the input's height and
 * width to the output's.
 *
 * <p>Backward: the gradient of y goes through the layers and through the projection (or past them),
 * and {@code dx} is the sum of what comes out.
 */
public final class ResidualLayer implements Layer {
  private static final int BRANCH = 0;
  private static final int PROJECTION = 1;

  private final LayerChain branch;
  private final LayerChain projection;

  /** Binds the inner layers, then the projection; both reserve their tensors. */
  ResidualLayer(LayerSpec.Residual spec, LayerPlace place) {
    this.branch = LayerChain.inside(place, spec.layers());
    if (spec.projection()) {
      this.projection = LayerChain.of(project(place, branch.outputShape()));
    } else {
      this.projection = null;
      if (!branch.outputShape().equals(place.inputShape())) {
        throw LockstepException.usage(
            place.path()
                + ": the layers of the block turn "
                + place.inputShape()
                + " into "
                + branch.outputShape()
                + ", so the input cannot be added to their output. Set projection: true, or keep"
                + " the shape.");
      }
    }
  }

  private static Layer project(LayerPlace place, Shape target) {
    LayerPlace own =
        new LayerPlace(
            place.index(),
            place.name() + ".projection",
            place.inputShape(),
            false,
            place.builder(),
            place.innerNumbers());
    Shape source = place.inputShape();
    if (!source.isImage() && !target.isImage()) {
      return new DenseLayer(
          new LayerSpec.Dense(target.channels(), LayerSpec.Dense.DEFAULT_INITIALIZER, false),
          false,
          own);
    }
    if (source.isImage() && target.isImage()) {
      for (int stride = 1; stride <= Math.max(source.height(), source.width()); stride++) {
        if ((source.height() - 1) / stride + 1 == target.height()
            && (source.width() - 1) / stride + 1 == target.width()) {
          return new Conv2dLayer(
              new LayerSpec.Conv2d(
                  target.channels(),
                  1,
                  stride,
                  Padding.VALID,
                  LayerSpec.Dense.DEFAULT_INITIALIZER,
                  false),
              false,
              own);
        }
      }
    }
    throw LockstepException.usage(
        place.path()
            + ": no projection leads from "
            + source
            + " to "
            + target
            + ", the output of the block's layers: height and width must stay, or shrink as by one"
            + " stride with padding: same.");
  }

  @Override
  public Shape inputShape() {
    return branch.inputShape();
  }

  @Override
  public Shape outputShape() {
    return branch.outputShape();
  }

  /** The layers that the input is added to. */
  public List<Layer> layers() {
    return branch.layers();
  }

  /** What the input goes through before it is added, or null where it is added as it is. */
  public Layer projection() {
    return projection == null ? null : projection.layers().get(0);
  }

  /**
   * Per row the output of the layers; when they have been run backwards, the gradient that comes
   * out of the projection.
   */
  @Override
  public Scratch scratch() {
    if (projection == null) {
      return new Scratch(outputShape().size(), 0, 0, List.of(branch));
    }
    int perRow = Math.max(outputShape().size(), inputShape().size());
    return new Scratch(perRow, 0, 0, List.of(branch, projection));
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    branch.initialize(seed, layout, parameters);
    if (projection != null) {
      projection.initialize(seed, layout, parameters);
    }
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    float[] branchOutput = buffers.perRow();
    branch.forward(pass, buffers.chain(BRANCH), input, branchOutput);
    int values = pass.rows() * outputShape().size();
    if (projection == null) {
      for (int i = 0; i < values; i++) {
        output[i] = input[i] + branchOutput[i];
      }
    } else {
      projection.forward(pass, buffers.chain(PROJECTION), input, output);
      for (int i = 0; i < values; i++) {
        output[i] += branchOutput[i];
      }
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
    float[] branchOutput = buffers.perRow();
    branch.backward(
        pass, buffers.chain(BRANCH), input, branchOutput, outputGradient, inputGradient);
    float[] skipGradient = outputGradient;
    if (projection != null) {
      // The layers' output has done its work: its place takes the projection's gradient. A dense
      // layer or convolution does not look at its own output.
      skipGradient = inputGradient == null ? null : buffers.perRow();
      projection.backward(
          pass, buffers.chain(PROJECTION), input, output, outputGradient, skipGradient);
    }
    if (inputGradient != null) {
      int values = pass.rows() * inputShape().size();
      for (int i = 0; i < values; i++) {
        inputGradient[i] += skipGradient[i];
      }
    }
  }
}
