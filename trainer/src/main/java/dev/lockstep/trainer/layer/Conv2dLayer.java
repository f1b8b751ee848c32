package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.Blas;
import dev.lockstep.trainer.kernel.ImagePatches;
import dev.lockstep.trainer.kernel.RowKernels;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.Arrays;

/**
 * Two-dimensional convolution (cross-correlation, the kernel is not flipped) of images.
 *
 * <pre>
 *   X  input   [rows, height, width, channels]         read
 *   W  weight  [filters, channels, kernel, kernel]     read
 *   b  bias    [filters]                               read, where there is one
 *   Y  output  [rows, outHeight, outWidth, filters]    overwritten
 *
 *   y[i, j, f] = b[f] + Σ over u, v, c of w[f, c, u, v] · x[i·stride + u - p, j·stride + v - p, c]
 *   outHeight = ⌊(height + 2p - kernel)/stride⌋ + 1, outWidth likewise;  p as in {@link Padding}
 * </pre>
 *
 * With the windows of the input as the rows of a matrix P [pixels, kernel · kernel · channels] and
 * the kernels as V [filters, kernel · kernel · channels] this is {@code Y = P Vᵀ + b}, and backward
 * {@code dV = dYᵀ P}, {@code db = column sums of dY}, {@code dP = dY V}, whose rows are added back
 * to the pixels they came from. P is never whole in memory: the output is worked in blocks of lines
 * whose number follows from the shapes alone, so sums have one order, and the backward pass gathers
 * P again. A 1 × 1 kernel of stride 1 takes its input as P.
 */
public final class Conv2dLayer implements Layer {
  /** Room for the windows of one block: 1 MB, about what a core has to itself of the caches. */
  private static final int PATCH_FLOATS = 1 << 18;

  private static final int NO_BIAS = -1;

  private final int index;
  private final int kernel;
  private final int stride;
  private final int zeros;
  private final Shape inputShape;
  private final Shape outputShape;
  private final Initializer initializer;
  private final ImagePatches patches;
  private final int weight;
  private final int bias;
  private final int linesPerBlock;

  /**
   * Reserves the layer's tensors.
   *
   * @param withBias whether a bias is added
   */
  Conv2dLayer(LayerSpec.Conv2d spec, boolean withBias, LayerPlace place) {
    this.index = place.index();
    this.kernel = spec.kernel();
    this.stride = spec.stride();
    this.inputShape = place.inputShape();
    this.initializer = spec.initializer();
    checkFits(spec, place);
    this.zeros = spec.padding().zeros(kernel);
    int channels = inputShape.channels();
    this.patches =
        new ImagePatches(inputShape.height(), inputShape.width(), channels, kernel, stride, zeros);
    this.outputShape = new Shape(patches.outputHeight(), patches.outputWidth(), spec.filters());
    this.weight =
        place
            .builder()
            .reserve(
                place.name() + ".weight", Role.WEIGHT, spec.filters(), channels, kernel, kernel);
    this.bias =
        withBias
            ? place.builder().reserve(place.name() + ".bias", Role.SHIFT, spec.filters())
            : NO_BIAS;
    this.linesPerBlock =
        (int) Math.max(1, PATCH_FLOATS / ((long) outputShape.width() * patches.patch()));
  }

  private static void checkFits(LayerSpec.Conv2d spec, LayerPlace place) {
    Shape shape = place.inputShape();
    int kernel = spec.kernel();
    if (!shape.isImage()) {
      throw LockstepException.usage(Images.needed(place, spec.kind()));
    }
    if (spec.padding() == Padding.SAME && kernel % 2 == 0) {
      throw LockstepException.usage(
          place.path()
              + ": padding: same needs an odd kernel, found kernel: "
              + kernel
              + ". Use kernel: "
              + (kernel + 1)
              + " or padding: valid.");
    }
    if (spec.padding() == Padding.VALID && (kernel > shape.height() || kernel > shape.width())) {
      throw LockstepException.usage(
          place.path()
              + ": kernel: "
              + kernel
              + " does not fit an input of "
              + shape
              + " (height x width x channels). Use a smaller kernel or padding: same.");
    }
    long pixels = (long) shape.height() * shape.width();
    if ((long) kernel * kernel > Integer.MAX_VALUE / 8 / shape.channels()
        || pixels > Integer.MAX_VALUE / spec.filters()) {
      throw LockstepException.usage(
          place.path()
              + ": kernel: "
              + kernel
              + " and filters: "
              + spec.filters()
              + " on an input of "
              + shape
              + " give more values than one array holds. Use less.");
    }
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  /** Width and height of the kernel. */
  public int kernel() {
    return kernel;
  }

  /** Pixels from one window to the next. */
  public int stride() {
    return stride;
  }

  /** Zeros added on every side. */
  public int zeros() {
    return zeros;
  }

  /** Whether the input itself is the matrix of windows. */
  private boolean isPointwise() {
    return kernel == 1 && stride == 1;
  }

  /** Whether V has its values in another order than W: windows have channels fastest, W slowest. */
  private boolean isReordered() {
    return kernel > 1 && inputShape.channels() > 1;
  }

  private int kernelFloats() {
    return isReordered() ? Math.multiplyExact(outputShape.channels(), patches.patch()) : 0;
  }

  private int patchesStart() {
    return 2 * kernelFloats();
  }

  /** V, dV and a block's windows; sums of the bias in float64. */
  @Override
  public Scratch scratch() {
    int block = linesPerBlock * outputShape.width();
    int windows = isPointwise() ? 0 : Math.multiplyExact(block, patches.patch());
    int floats = Math.addExact(Math.multiplyExact(2, kernelFloats()), windows);
    return new Scratch(0, floats, bias == NO_BIAS ? 0 : outputShape.channels());
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    ParameterWindow window = layout.windows().get(weight);
    int fanIn = patches.patch();
    int fanOut = Math.multiplyExact(kernel * kernel, outputShape.channels());
    for (int element = 0; element < window.length(); element++) {
      parameters[window.offset() + element] =
          (float) initializer.weight(new Initializer.Draw(seed, index, element), fanIn, fanOut);
    }
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    float[] parameters = pass.parameters();
    float[] floats = buffers.floats();
    int filters = outputShape.channels();
    int patch = patches.patch();
    float[] kernels = parameters;
    int kernelsStart = pass.offset(weight);
    if (isReordered()) {
      toWindowOrder(parameters, kernelsStart, floats);
      kernels = floats;
      kernelsStart = 0;
    }
    int lines = pass.rows() * outputShape.height();
    for (int line = 0; line < lines; line += linesPerBlock) {
      int count = Math.min(linesPerBlock, lines - line);
      int pixels = count * outputShape.width();
      int start = line * outputShape.width();
      float[] windows = input;
      int windowsStart = start * patch;
      if (!isPointwise()) {
        windows = floats;
        windowsStart = patchesStart();
        patches.gather(input, line, count, floats, windowsStart);
      }
      if (bias == NO_BIAS) {
        Blas.multiplyByTransposed(
            pixels,
            filters,
            patch,
            windows,
            windowsStart,
            kernels,
            kernelsStart,
            output,
            start * filters);
      } else {
        RowKernels.fillRows(
            output, start * filters, pixels, filters, parameters, pass.offset(bias));
        Blas.addMultiplyByTransposed(
            pixels,
            filters,
            patch,
            windows,
            windowsStart,
            kernels,
            kernelsStart,
            output,
            start * filters);
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
    float[] floats = buffers.floats();
    float[] kernels = pass.parameters();
    int kernelsStart = pass.offset(weight);
    float[] kernelGradient = pass.gradient();
    int kernelGradientStart = kernelsStart;
    if (isReordered()) {
      // V is still there from the forward pass.
      kernels = floats;
      kernelsStart = 0;
      kernelGradient = floats;
      kernelGradientStart = kernelFloats();
    }
    int filters = outputShape.channels();
    int patch = patches.patch();
    Arrays.fill(kernelGradient, kernelGradientStart, kernelGradientStart + filters * patch, 0f);
    if (inputGradient != null && !isPointwise()) {
      Arrays.fill(inputGradient, 0, pass.rows() * inputShape.size(), 0f);
    }
    int lines = pass.rows() * outputShape.height();
    for (int line = 0; line < lines; line += linesPerBlock) {
      int count = Math.min(linesPerBlock, lines - line);
      int pixels = count * outputShape.width();
      int start = line * outputShape.width();
      float[] windows = input;
      int windowsStart = start * patch;
      if (!isPointwise()) {
        windows = floats;
        windowsStart = patchesStart();
        patches.gather(input, line, count, floats, windowsStart);
      }
      Blas.addTransposedMultiply(
          filters,
          patch,
          pixels,
          outputGradient,
          start * filters,
          windows,
          windowsStart,
          kernelGradient,
          kernelGradientStart);
      if (inputGradient == null) {
        continue;
      }
      // The block's windows have done their work: their place takes dP.
      float[] windowGradient = isPointwise() ? inputGradient : floats;
      Blas.multiply(
          pixels,
          patch,
          filters,
          outputGradient,
          start * filters,
          kernels,
          kernelsStart,
          windowGradient,
          windowsStart);
      if (!isPointwise()) {
        patches.scatterAdd(floats, windowsStart, line, count, inputGradient);
      }
    }
    if (isReordered()) {
      toTensorOrder(floats, kernelGradientStart, pass.gradient(), pass.offset(weight));
    }
    if (bias != NO_BIAS) {
      biasGradient(pass, buffers.doubles(), outputGradient);
    }
  }

  private void biasGradient(Pass pass, double[] sums, float[] outputGradient) {
    int filters = outputShape.channels();
    int pixels = pass.rows() * outputShape.height() * outputShape.width();
    Arrays.fill(sums, 0.0);
    RowKernels.addColumnSums(outputGradient, 0, pixels, filters, sums);
    float[] gradient = pass.gradient();
    int offset = pass.offset(bias);
    for (int f = 0; f < filters; f++) {
      gradient[offset + f] = (float) sums[f];
    }
  }

  /** W [filters, channels, kernel · kernel] to V [filters, kernel · kernel, channels]. */
  private void toWindowOrder(float[] tensor, int tensorStart, float[] windowOrder) {
    int channels = inputShape.channels();
    int area = kernel * kernel;
    for (int f = 0; f < outputShape.channels(); f++) {
      int from = tensorStart + f * area * channels;
      int to = f * area * channels;
      for (int position = 0; position < area; position++) {
        for (int c = 0; c < channels; c++) {
          windowOrder[to + position * channels + c] = tensor[from + c * area + position];
        }
      }
    }
  }

  /** dV to dW, the other way round. */
  private void toTensorOrder(
      float[] windowOrder, int windowStart, float[] tensor, int tensorStart) {
    int channels = inputShape.channels();
    int area = kernel * kernel;
    for (int f = 0; f < outputShape.channels(); f++) {
      int from = windowStart + f * area * channels;
      int to = tensorStart + f * area * channels;
      for (int position = 0; position < area; position++) {
        for (int c = 0; c < channels; c++) {
          tensor[to + c * area + position] = windowOrder[from + position * channels + c];
        }
      }
    }
  }
}
