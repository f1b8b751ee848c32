package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsPoint.Phase;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.util.Arrays;
import java.util.List;

/**
 * Batch normalization over the columns of a batch. Source: Ioffe and Szegedy, "Batch Normalization"
 * (2015), algorithm 1.
 *
 * <pre>
 *   Z  input   [n, columns]  read: n = rows, or rows · height · width for images, whose columns are the channels
 *   γ  weight  [columns]     read
 *   β  bias    [columns]     read
 *   Y  output  [n, columns]  overwritten with γ ẑ + β,  ẑ = (z - μ)/√(σ² + ε),  ε = 1e-5
 * </pre>
 *
 * Training takes μ and the biased σ² of the n values of this pass (the mini-batch shard's own) and
 * reports (n, μ, M2); evaluation takes the running statistics. A training pass with n = 1, where σ²
 * would be 0, takes the running statistics too, as constants.
 *
 * <p>Backward, with sums over the n values: {@code dβ = Σ dy}, {@code dγ = Σ dy ẑ}, {@code dz =
 * γ/√(σ²+ε) · (dy - dβ/n - ẑ dγ/n)}.
 *
 * <p>With synchronized moments μ, σ² and n, and in dz the two sums, are those of all shards of the
 * mini-batch; what the layer reports, and dγ and dβ, are still the shard's own, since the driver
 * adds them up. A pass without an exchange has the whole mini-batch.
 *
 * <p>Sums are in float64, term by term from the first of the n values to the last. What is computed
 * value by value goes through tiles, some rows of columns at a time, with the columns' parameters
 * repeated for each of them: HotSpot compiles a loop into vector instructions only where all arrays
 * are read and written at the same index.
 */
public final class BatchNormLayer implements Layer {
  /** ε. */
  public static final double EPSILON = 1e-5;

  // All tiles of a pass together stay in a core's first cache.
  private static final int TILE_LENGTH = 256;

  private final int number;
  private final boolean isSynchronized;
  private final StatisticsPoint forwardPoint;
  private final StatisticsPoint backwardPoint;
  private final Shape shape;
  private final int columns;
  private final int tileLength;
  private final int gamma;
  private final int beta;
  private final int runningMean;
  private final int runningVariance;

  /**
   * Reserves the layer's tensors. The layer's number among the network's batch-norm layers, from 0,
   * is the place of its moments.
   */
  BatchNormLayer(LayerSpec.BatchNorm spec, LayerPlace place) {
    ParameterLayout.Builder builder = place.builder();
    String name = place.name();
    this.number = builder.reserved(Role.RUNNING_MEAN);
    this.isSynchronized = spec.moments() == BatchMoments.SYNCHRONIZED;
    this.forwardPoint = new StatisticsPoint(number, Phase.FORWARD);
    this.backwardPoint = new StatisticsPoint(number, Phase.BACKWARD);
    this.shape = place.inputShape();
    this.columns = shape.channels();
    this.tileLength = columns * Math.max(1, TILE_LENGTH / columns);
    this.gamma = builder.reserve(name + ".weight", Role.SCALE, columns);
    this.beta = builder.reserve(name + ".bias", Role.SHIFT, columns);
    this.runningMean = builder.reserve(name + ".running_mean", Role.RUNNING_MEAN, columns);
    this.runningVariance = builder.reserve(name + ".running_var", Role.RUNNING_VARIANCE, columns);
  }

  /** Where this layer meets those of the other shards in a step: nowhere, or twice. */
  List<StatisticsPoint> points() {
    return isSynchronized ? List.of(forwardPoint, backwardPoint) : List.of();
  }

  private boolean meets(Pass pass) {
    return isSynchronized && pass.exchange() != null;
  }

  @Override
  public Shape inputShape() {
    return shape;
  }

  @Override
  public Shape outputShape() {
    return shape;
  }

  /** Per row ẑ; per pass the two sums of the backward pass, and tiles. */
  @Override
  public Scratch scratch() {
    return new Scratch(shape.size(), 0, 2 * columns, 6, tileLength, List.of());
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    fill(parameters, layout.windows().get(gamma), 1f);
    fill(parameters, layout.windows().get(beta), 0f);
    fill(parameters, layout.windows().get(runningMean), 0f);
    fill(parameters, layout.windows().get(runningVariance), 1f);
  }

  private static void fill(float[] parameters, ParameterWindow window, float value) {
    Arrays.fill(parameters, window.offset(), window.end(), value);
  }

  private int values(Pass pass) {
    return pass.rows() * shape.height() * shape.width();
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    int n = values(pass);
    float[] mean = buffers.tile(0);
    float[] deviation = buffers.tile(1);
    if (pass.isTraining()) {
      Moments moments = pass.moments()[number];
      measure(input, n, moments);
      Moments all = meets(pass) ? ofAllShards(pass, moments) : moments;
      if (all.count() > 1) {
        for (int j = 0; j < columns; j++) {
          mean[j] = (float) all.mean()[j];
          deviation[j] = (float) (1.0 / Math.sqrt(all.biasedVariance(j) + EPSILON));
        }
      } else {
        takeRunning(pass, mean, deviation);
      }
      normalize(pass, buffers, input, n, buffers.perRow(), output);
    } else {
      takeRunning(pass, mean, deviation);
      normalize(pass, buffers, input, n, null, output);
    }
  }

  private void measure(float[] input, int n, Moments moments) {
    double[] mean = moments.mean();
    double[] squared = moments.squaredDeviations();
    Arrays.fill(mean, 0.0);
    addValues(input, n, mean);
    for (int j = 0; j < columns; j++) {
      mean[j] /= n;
    }
    Arrays.fill(squared, 0.0);
    addSquares(input, n, mean, squared);
    moments.set(n);
  }

  private Moments ofAllShards(Pass pass, Moments own) {
    StatisticsSum part =
        new StatisticsSum(
            Phase.FORWARD, own.count(), own.mean().clone(), own.squaredDeviations().clone());
    pass.exchange().deliver(forwardPoint, pass.shard(), part);
    return pass.exchange().await(forwardPoint).moments();
  }

  /** sums[j] += Σ input[i, j], four rows to one trip to memory. */
  private void addValues(float[] input, int n, double[] sums) {
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      int a = i * columns;
      int b = a + columns;
      int c = b + columns;
      int d = c + columns;
      for (int j = 0; j < columns; j++) {
        sums[j] = sums[j] + input[a + j] + input[b + j] + input[c + j] + input[d + j];
      }
    }
    for (; i < n; i++) {
      int a = i * columns;
      for (int j = 0; j < columns; j++) {
        sums[j] += input[a + j];
      }
    }
  }

  /** sums[j] += Σ (input[i, j] - mean[j])², four rows to one trip to memory. */
  private void addSquares(float[] input, int n, double[] mean, double[] sums) {
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      int a = i * columns;
      int b = a + columns;
      int c = b + columns;
      int d = c + columns;
      for (int j = 0; j < columns; j++) {
        double center = mean[j];
        double first = input[a + j] - center;
        double second = input[b + j] - center;
        double third = input[c + j] - center;
        double fourth = input[d + j] - center;
        sums[j] = sums[j] + first * first + second * second + third * third + fourth * fourth;
      }
    }
    for (; i < n; i++) {
      int a = i * columns;
      for (int j = 0; j < columns; j++) {
        double deviation = input[a + j] - mean[j];
        sums[j] += deviation * deviation;
      }
    }
  }

  private void takeRunning(Pass pass, float[] mean, float[] deviation) {
    float[] parameters = pass.parameters();
    int varianceOffset = pass.offset(runningVariance);
    System.arraycopy(parameters, pass.offset(runningMean), mean, 0, columns);
    for (int j = 0; j < columns; j++) {
      deviation[j] = (float) (1.0 / Math.sqrt(parameters[varianceOffset + j] + EPSILON));
    }
  }

  /** Repeats the first row of a tile. */
  private void repeat(float[] tile, int length) {
    for (int filled = columns; filled < length; filled += columns) {
      System.arraycopy(tile, 0, tile, filled, columns);
    }
  }

  /**
   * ẑ and γ ẑ + β by the mean and the inverse deviation in the first rows of tiles 0 and 1.
   *
   * @param normalized overwritten with ẑ; null where it is not needed
   */
  private void normalize(
      Pass pass, LayerBuffers buffers, float[] input, int n, float[] normalized, float[] output) {
    int end = n * columns;
    int used = Math.min(tileLength, end);
    float[] mean = buffers.tile(0);
    float[] deviation = buffers.tile(1);
    float[] scale = buffers.tile(2);
    float[] shift = buffers.tile(3);
    System.arraycopy(pass.parameters(), pass.offset(gamma), scale, 0, columns);
    System.arraycopy(pass.parameters(), pass.offset(beta), shift, 0, columns);
    repeat(mean, used);
    repeat(deviation, used);
    repeat(scale, used);
    repeat(shift, used);
    float[] values = buffers.tile(4);
    float[] scaled = buffers.tile(5);
    for (int start = 0; start < end; start += tileLength) {
      int length = Math.min(tileLength, end - start);
      System.arraycopy(input, start, values, 0, length);
      normalize(values, mean, deviation, scale, shift, scaled, length);
      if (normalized != null) {
        System.arraycopy(values, 0, normalized, start, length);
      }
      System.arraycopy(scaled, 0, output, start, length);
    }
  }

  /** One tile: values become ẑ, scaled γ ẑ + β. */
  private static void normalize(
      float[] values,
      float[] mean,
      float[] deviation,
      float[] scale,
      float[] shift,
      float[] scaled,
      int length) {
    for (int j = 0; j < length; j++) {
      float normalized = (values[j] - mean[j]) * deviation[j];
      values[j] = normalized;
      scaled[j] = scale[j] * normalized + shift[j];
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
    int n = values(pass);
    double[] sums = buffers.doubles();
    Arrays.fill(sums, 0.0);
    addGradients(outputGradient, buffers.perRow(), n, sums);
    float[] gradient = pass.gradient();
    int g = pass.offset(gamma);
    int b = pass.offset(beta);
    for (int j = 0; j < columns; j++) {
      gradient[b + j] = (float) sums[j];
      gradient[g + j] = (float) sums[columns + j];
    }
    if (meets(pass)) {
      deliver(pass, n, sums);
    }
    if (inputGradient == null) {
      return;
    }
    long all = meets(pass) ? takeSumsOfAllShards(pass, sums) : n;
    float[] parameters = pass.parameters();
    float[] deviation = buffers.tile(1);
    float[] meanGradient = buffers.tile(0);
    float[] factor = buffers.tile(2);
    float[] meanProduct = buffers.tile(3);
    // With running statistics (n = 1) mean and variance are constants, so nothing flows back
    // through them.
    double share = all > 1 ? 1.0 / all : 0.0;
    for (int j = 0; j < columns; j++) {
      meanGradient[j] = (float) (sums[j] * share);
      meanProduct[j] = (float) (sums[columns + j] * share);
      factor[j] = parameters[g + j] * deviation[j];
    }
    int end = n * columns;
    int used = Math.min(tileLength, end);
    repeat(meanGradient, used);
    repeat(meanProduct, used);
    repeat(factor, used);
    float[] values = buffers.tile(4);
    float[] normalized = buffers.tile(5);
    for (int start = 0; start < end; start += tileLength) {
      int length = Math.min(tileLength, end - start);
      System.arraycopy(outputGradient, start, values, 0, length);
      System.arraycopy(buffers.perRow(), start, normalized, 0, length);
      differentiate(values, normalized, meanGradient, meanProduct, factor, length);
      System.arraycopy(values, 0, inputGradient, start, length);
    }
  }

  /** Even where nobody needs the sum, so that a step's points are always the same. */
  private void deliver(Pass pass, int n, double[] sums) {
    StatisticsSum part =
        new StatisticsSum(
            Phase.BACKWARD,
            n,
            Arrays.copyOf(sums, columns),
            Arrays.copyOfRange(sums, columns, 2 * columns));
    pass.exchange().deliver(backwardPoint, pass.shard(), part);
  }

  /** Overwrites {@code sums} and returns the number of values of all shards. */
  private long takeSumsOfAllShards(Pass pass, double[] sums) {
    StatisticsSum total = pass.exchange().await(backwardPoint);
    System.arraycopy(total.first(), 0, sums, 0, columns);
    System.arraycopy(total.second(), 0, sums, columns, columns);
    return total.count();
  }

  /**
   * sums[j] += Σ dy[i, j] and sums[columns + j] += Σ dy[i, j] ẑ[i, j], two rows to one trip to
   * memory.
   */
  private void addGradients(float[] outputGradient, float[] normalized, int n, double[] sums) {
    int i = 0;
    for (; i + 2 <= n; i += 2) {
      int a = i * columns;
      int b = a + columns;
      for (int j = 0; j < columns; j++) {
        double first = outputGradient[a + j];
        double second = outputGradient[b + j];
        sums[j] = sums[j] + first + second;
        sums[columns + j] =
            sums[columns + j] + first * normalized[a + j] + second * normalized[b + j];
      }
    }
    if (i < n) {
      int a = i * columns;
      for (int j = 0; j < columns; j++) {
        double dy = outputGradient[a + j];
        sums[j] += dy;
        sums[columns + j] += dy * normalized[a + j];
      }
    }
  }

  /** One tile: values become factor · (values - meanGradient - normalized · meanProduct). */
  private static void differentiate(
      float[] values,
      float[] normalized,
      float[] meanGradient,
      float[] meanProduct,
      float[] factor,
      int length) {
    for (int j = 0; j < length; j++) {
      values[j] = factor[j] * (values[j] - meanGradient[j] - normalized[j] * meanProduct[j]);
    }
  }
}
