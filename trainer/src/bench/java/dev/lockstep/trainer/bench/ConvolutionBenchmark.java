package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.kernel.Blas;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A 3 × 3 convolution forward and backward on 64 images, beside its matrix products alone, in
 * blocks that fit a core's own cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ConvolutionBenchmark {
  private static final int ROWS = 64;
  private static final int AREA = 9;
  private static final int BLOCK = 14 * 14;

  /** side x channels x filters. */
  @Param({"28x1x32", "14x32x64", "8x64x64"})
  private String size;

  private OneLayer convolution;
  private int pixels;
  private int patch;
  private int filters;
  private float[] windows;
  private float[] kernels;

  /** Floating-point operations of the three products. */
  static double operations(String size) {
    int[] sizes = ProductBenchmark.parse(size);
    return 3 * 2.0 * ROWS * sizes[0] * sizes[0] * AREA * sizes[1] * sizes[2];
  }

  /**
   * Checks an image against plain loops, and the gradients by what holds for every linear map: Σ dY
   * Y = Σ dW W = Σ dX X.
   */
  @Setup
  public void setUp() {
    int[] sizes = ProductBenchmark.parse(size);
    int side = sizes[0];
    int channels = sizes[1];
    filters = sizes[2];
    pixels = ROWS * side * side;
    patch = AREA * channels;
    windows = Checks.normal(BLOCK * patch, 5);
    kernels = Checks.normal(patch * filters, 6);
    LayerSpec spec =
        new LayerSpec.Conv2d(
            filters, 3, 1, Padding.SAME, LayerSpec.Dense.DEFAULT_INITIALIZER, false);
    convolution = new OneLayer(spec, new Shape(side, side, channels), ROWS);
    layer();
    for (int i = 0; i < side * side; i++) {
      for (int f = 0; f < filters; f++) {
        double expected = plain(i / side, i % side, f, side, channels);
        Checks.near("a pixel", convolution.output[i * filters + f], expected, 1e-4);
      }
    }
    double sum = Checks.dot(convolution.outputGradient, convolution.output, pixels * filters);
    double tolerance = 1e-5 * pixels;
    Checks.near(
        "Σ dW W",
        Checks.dot(convolution.contribution.gradient(), convolution.parameters, patch * filters),
        sum,
        tolerance);
    Checks.near(
        "Σ dX X",
        Checks.dot(convolution.inputGradient, convolution.input, pixels * channels),
        sum,
        tolerance);
  }

  private double plain(int y, int x, int filter, int side, int channels) {
    double sum = 0.0;
    for (int position = 0; position < AREA; position++) {
      int v = y + position / 3 - 1;
      int u = x + position % 3 - 1;
      if (v < 0 || v >= side || u < 0 || u >= side) {
        continue;
      }
      for (int c = 0; c < channels; c++) {
        sum +=
            (double) convolution.input[(v * side + u) * channels + c]
                * convolution.parameters[(filter * channels + c) * AREA + position];
      }
    }
    return sum;
  }

  /** The layer, forward and backward with the gradient of its input. */
  @Benchmark
  public float[] layer() {
    convolution.forward();
    return convolution.backward();
  }

  /** Its three products. */
  @Benchmark
  public float[] products() {
    for (int start = 0; start < pixels; start += BLOCK) {
      int block = Math.min(BLOCK, pixels - start);
      int at = start * filters;
      Blas.multiply(block, filters, patch, windows, 0, kernels, 0, convolution.output, at);
    }
    float[] gradient = convolution.contribution.gradient();
    for (int start = 0; start < pixels; start += BLOCK) {
      int block = Math.min(BLOCK, pixels - start);
      int at = start * filters;
      float[] dy = convolution.outputGradient;
      Blas.addTransposedMultiply(patch, filters, block, windows, 0, dy, at, gradient, 0);
      Blas.multiplyByTransposed(block, patch, filters, dy, at, kernels, 0, windows, 0);
    }
    return gradient;
  }
}
