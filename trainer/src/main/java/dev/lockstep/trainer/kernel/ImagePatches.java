package dev.lockstep.trainer.kernel;

import java.util.Arrays;

/**
 * The windows that a convolution sees, as rows of a matrix (im2col), and the way back (col2im), for
 * images [height, width, channels].
 *
 * <pre>
 *   images   [examples, height, width, channels]
 *   patches  [lines · outputWidth, kernel · kernel · channels]
 * </pre>
 *
 * A line is one row of pixels of the convolution's output; lines are counted through all examples,
 * so line l belongs to example l / outputHeight. Since channels lie closest together, a window's
 * share of one row of pixels is a single run of kernel · channels values in the image and in the
 * patch alike. Values outside the image are 0. Immutable; safe on any thread.
 */
public final class ImagePatches {
  private final int height;
  private final int width;
  private final int channels;
  private final int kernel;
  private final int stride;
  private final int zeros;
  private final int outputHeight;
  private final int outputWidth;
  private final int patch;
  // Output columns [firstWhole, endWhole) have windows that lie inside the image from left to
  // right.
  private final int firstWhole;
  private final int endWhole;

  /**
   * Windows of kernel × kernel pixels, {@code stride} apart, over images with {@code zeros} rows
   * and columns of 0 added on every side; at least one window fits.
   */
  public ImagePatches(int height, int width, int channels, int kernel, int stride, int zeros) {
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.kernel = kernel;
    this.stride = stride;
    this.zeros = zeros;
    this.outputHeight = (height + 2 * zeros - kernel) / stride + 1;
    this.outputWidth = (width + 2 * zeros - kernel) / stride + 1;
    this.patch = kernel * kernel * channels;
    this.firstWhole = (int) Math.min(outputWidth, (stride - 1L + zeros) / stride);
    int whole = Math.floorDiv(width + zeros - kernel, stride) + 1;
    this.endWhole = Math.max(firstWhole, Math.min(outputWidth, whole));
  }

  /** Rows of windows, ⌊(height + 2 zeros - kernel)/stride⌋ + 1. */
  public int outputHeight() {
    return outputHeight;
  }

  /** Windows in a row, likewise. */
  public int outputWidth() {
    return outputWidth;
  }

  /** Values of one window. */
  public int patch() {
    return patch;
  }

  /**
   * Copies the windows of lines [firstLine, firstLine + lines) into {@code patches}, from element
   * {@code offset} on.
   *
   * @param images read
   * @param patches overwritten
   */
  public void gather(float[] images, int firstLine, int lines, float[] patches, int offset) {
    int run = kernel * channels;
    for (int line = 0; line < lines; line++) {
      int example = (firstLine + line) / outputHeight;
      int top = (firstLine + line) % outputHeight * stride - zeros;
      for (int y = 0; y < kernel; y++) {
        int start = offset + line * outputWidth * patch + y * run;
        if (top + y < 0 || top + y >= height) {
          clear(patches, start);
        } else {
          gatherRow(images, (example * height + top + y) * width, patches, start);
        }
      }
    }
  }

  private void clear(float[] patches, int start) {
    int run = kernel * channels;
    for (int x = 0; x < outputWidth; x++) {
      Arrays.fill(patches, start + x * patch, start + x * patch + run, 0f);
    }
  }

  /** One row of pixels, from pixel {@code rowStart} on, into the windows of a line. */
  private void gatherRow(float[] images, int rowStart, float[] patches, int start) {
    for (int x = 0; x < firstWhole; x++) {
      gatherBorder(images, rowStart, x, patches, start + x * patch);
    }
    RowKernels.copyRuns(
        images,
        (rowStart + firstWhole * stride - zeros) * channels,
        stride * channels,
        patches,
        start + firstWhole * patch,
        patch,
        kernel * channels,
        endWhole - firstWhole);
    for (int x = endWhole; x < outputWidth; x++) {
      gatherBorder(images, rowStart, x, patches, start + x * patch);
    }
  }

  /** A window that reaches over the left or right border: zeros, pixels, zeros. */
  private void gatherBorder(float[] images, int rowStart, int x, float[] patches, int target) {
    int left = x * stride - zeros;
    int from = Math.min(kernel, Math.max(0, -left));
    int to = Math.max(from, Math.min(kernel, width - left));
    Arrays.fill(patches, target, target + from * channels, 0f);
    if (to > from) {
      System.arraycopy(
          images,
          (rowStart + left + from) * channels,
          patches,
          target + from * channels,
          (to - from) * channels);
    }
    Arrays.fill(patches, target + to * channels, target + kernel * channels, 0f);
  }

  /**
   * Adds the windows of lines [firstLine, firstLine + lines) back to the pixels that they came
   * from.
   *
   * @param patches from element {@code offset} on, read
   * @param images added to
   */
  public void scatterAdd(float[] patches, int offset, int firstLine, int lines, float[] images) {
    int run = kernel * channels;
    for (int line = 0; line < lines; line++) {
      int example = (firstLine + line) / outputHeight;
      int top = (firstLine + line) % outputHeight * stride - zeros;
      int first = Math.max(0, -top);
      int end = Math.min(kernel, height - top);
      for (int y = first; y < end; y++) {
        int start = offset + line * outputWidth * patch + y * run;
        scatterRow(patches, start, images, (example * height + top + y) * width);
      }
    }
  }

  private void scatterRow(float[] patches, int start, float[] images, int rowStart) {
    for (int x = 0; x < outputWidth; x++) {
      int left = x * stride - zeros;
      boolean whole = x >= firstWhole && x < endWhole;
      int from = whole ? 0 : Math.min(kernel, Math.max(0, -left));
      int to = whole ? kernel : Math.max(from, Math.min(kernel, width - left));
      int source = start + x * patch + from * channels;
      int target = (rowStart + left + from) * channels;
      int length = (to - from) * channels;
      for (int i = 0; i < length; i++) {
        images[target + i] += patches[source + i];
      }
    }
  }
}
