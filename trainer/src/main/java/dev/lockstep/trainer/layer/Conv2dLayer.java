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
 * the kernels as the columns of U [kernel · kernel · channels, filters] this is {@code Y = P U +
 * b}, and backward {@code dU = Pᵀ dY}, {@code db = column sums of dY}, {@code dP = dY Uᵀ}, whose
 * rows are added back to the pixels they came from. P is never whole in memory: the output is
 * worked in blocks of lines whose number follows from the shapes alone, so sums have one order, and
 * the backward pass gathers P again, which costs less than to read it from beyond a core's own
 * cache. A 1 × 1 kernel of stride 1 takes its input as P.
 */
public final class Conv2dLayer implements Layer {
  /**
   * Values of windows and output in one block: 256 kB, which stay in a core's own cache from the
   * gathering to the product. Much larger blocks of narrow windows are products for which OpenBLAS
   * has no fast path: for 9 values a window and 32 filters they run at half the speed.
   */
  private static final int BLOCK_FLOATS = 1 << 16;

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
    long lineFloats = (long) outputShape.width() * (patches.patch() + spec.filters());
    this.linesPerBlock = (int) Math.max(1, BLOCK_FLOATS / lineFloats);
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

  private int kernelFloats() {
    return Math.multiplyExact(outputShape.channels(), patches.patch());
  }

  private int patchesStart() {
    return 2 * kernelFloats();
  }

  /** U, dU and a block's windows; sums of the bias in float64. */
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
    float[] floats = buffers.floats();
    int filters = outputShape.channels();
    int patch = patches.patch();
    kernelMatrix(pass.parameters(), pass.offset(weight), floats);
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
        Blas.multiply(
            pixels, filters, patch, windows, windowsStart, floats, 0, output, start * filters);
      } else {
        RowKernels.fillRows(
            output, start * filters, pixels, filters, pass.parameters(), pass.offset(bias));
        Blas.addMultiply(
            pixels, filters, patch, windows, windowsStart, floats, 0, output, start * filters);
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
    int filters = outputShape.channels();
    int patch = patches.patch();
    // U is still there from the forward pass.
    int kernelGradient = kernelFloats();
    Arrays.fill(floats, kernelGradient, 2 * kernelGradient, 0f);
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
          patch,
          filters,
          pixels,
          windows,
          windowsStart,
          outputGradient,
          start * filters,
          floats,
          kernelGradient);
      if (inputGradient == null) {
        continue;
      }
      // The block's windows have done their work: their place takes dP.
      float[] windowGradient = isPointwise() ? inputGradient : floats;
      Blas.multiplyByTransposed(
          pixels,
          patch,
          filters,
          outputGradient,
          start * filters,
          floats,
          0,
          windowGradient,
          windowsStart);
      if (!isPointwise()) {
        patches.scatterAdd(floats, windowsStart, line, count, inputGradient);
      }
    }
    kernelTensor(floats, kernelGradient, pass.gradient(), pass.offset(weight));
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

  /** W [filters, channels, kernel · kernel] to U [kernel · kernel · channels, filters]. */
  private void kernelMatrix(float[] tensor, int start, float[] matrix) {
    int channels = inputShape.channels();
    int filters = outputShape.channels();
    int area = kernel * kernel;
    int element = start;
    for (int f = 0; f < filters; f++) {
      for (int c = 0; c < channels; c++) {
        for (int position = 0; position < area; position++) {
          matrix[(position * channels + c) * filters + f] = tensor[element++];
        }
      }
    }
  }

  /** dU, from element {@code matrixStart} on, to dW: the other way round. */
  private void kernelTensor(float[] matrix, int matrixStart, float[] tensor, int start) {
    int channels = inputShape.channels();
    int filters = outputShape.channels();
    int area = kernel * kernel;
    int element = start;
    for (int f = 0; f < filters; f++) {
      for (int c = 0; c < channels; c++) {
        for (int position = 0; position < area; position++) {
          tensor[element++] = matrix[matrixStart + (position * channels + c) * filters + f];
        }
      }
    }
  }
}
