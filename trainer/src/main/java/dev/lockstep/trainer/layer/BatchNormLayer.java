package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Moments;
import java.util.Arrays;

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
 */
public final class BatchNormLayer implements Layer {
  /** ε. */
  public static final double EPSILON = 1e-5;

  private final int number;
  private final Shape shape;
  private final int columns;
  private final int gamma;
  private final int beta;
  private final int runningMean;
  private final int runningVariance;

  /**
   * Reserves the layer's tensors. The layer's number among the network's batch-norm layers, from 0,
   * is the place of its moments.
   */
  BatchNormLayer(LayerPlace place) {
    ParameterLayout.Builder builder = place.builder();
    String name = place.name();
    this.number = builder.reserved(Role.RUNNING_MEAN);
    this.shape = place.inputShape();
    this.columns = shape.channels();
    this.gamma = builder.reserve(name + ".weight", Role.SCALE, columns);
    this.beta = builder.reserve(name + ".bias", Role.SHIFT, columns);
    this.runningMean = builder.reserve(name + ".running_mean", Role.RUNNING_MEAN, columns);
    this.runningVariance = builder.reserve(name + ".running_var", Role.RUNNING_VARIANCE, columns);
  }

  @Override
  public Shape inputShape() {
    return shape;
  }

  @Override
  public Shape outputShape() {
    return shape;
  }

  /**
   * Per row ẑ; per pass 1/√(σ²+ε), shift and the two float sums of the backward pass; sums in
   * float64.
   */
  @Override
  public Scratch scratch() {
    return new Scratch(shape.size(), 4 * columns, 2 * columns);
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
    float[] floats = buffers.floats();
    if (pass.isTraining()) {
      Moments moments = pass.moments()[number];
      measure(input, n, moments);
      if (n > 1) {
        for (int j = 0; j < columns; j++) {
          floats[j] = (float) (1.0 / Math.sqrt(moments.biasedVariance(j) + EPSILON));
          floats[columns + j] = (float) moments.mean()[j];
        }
      } else {
        takeRunning(pass, floats);
      }
      normalize(floats, input, n, buffers.perRow());
      scale(pass, buffers.perRow(), n, output);
    } else {
      takeRunning(pass, floats);
      normalize(floats, input, n, output);
      scale(pass, output, n, output);
    }
  }

  private void measure(float[] input, int n, Moments moments) {
    double[] mean = moments.mean();
    double[] squared = moments.squaredDeviations();
    Arrays.fill(mean, 0.0);
    Arrays.fill(squared, 0.0);
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        mean[j] += input[start + j];
      }
    }
    for (int j = 0; j < columns; j++) {
      mean[j] /= n;
    }
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        double deviation = input[start + j] - mean[j];
        squared[j] += deviation * deviation;
      }
    }
    moments.set(n);
  }

  private void takeRunning(Pass pass, float[] floats) {
    float[] parameters = pass.parameters();
    int meanOffset = pass.offset(runningMean);
    int varianceOffset = pass.offset(runningVariance);
    for (int j = 0; j < columns; j++) {
      floats[j] = (float) (1.0 / Math.sqrt(parameters[varianceOffset + j] + EPSILON));
      floats[columns + j] = parameters[meanOffset + j];
    }
  }

  private void normalize(float[] floats, float[] input, int n, float[] normalized) {
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        normalized[start + j] = (input[start + j] - floats[columns + j]) * floats[j];
      }
    }
  }

  private void scale(Pass pass, float[] normalized, int n, float[] output) {
    float[] parameters = pass.parameters();
    int g = pass.offset(gamma);
    int b = pass.offset(beta);
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        output[start + j] = parameters[g + j] * normalized[start + j] + parameters[b + j];
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
    int n = values(pass);
    float[] normalized = buffers.perRow();
    double[] sums = buffers.doubles();
    Arrays.fill(sums, 0.0);
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        double dy = outputGradient[start + j];
        sums[j] += dy;
        sums[columns + j] += dy * normalized[start + j];
      }
    }
    float[] gradient = pass.gradient();
    int g = pass.offset(gamma);
    int b = pass.offset(beta);
    for (int j = 0; j < columns; j++) {
      gradient[b + j] = (float) sums[j];
      gradient[g + j] = (float) sums[columns + j];
    }
    if (inputGradient == null) {
      return;
    }
    float[] parameters = pass.parameters();
    float[] floats = buffers.floats();
    // With running statistics (n = 1) mean and variance are constants, so nothing flows back
    // through them.
    double share = n > 1 ? 1.0 / n : 0.0;
    for (int j = 0; j < columns; j++) {
      floats[columns + j] = (float) (sums[j] * share);
      floats[2 * columns + j] = (float) (sums[columns + j] * share);
      floats[3 * columns + j] = parameters[g + j] * floats[j];
    }
    for (int i = 0; i < n; i++) {
      int start = i * columns;
      for (int j = 0; j < columns; j++) {
        inputGradient[start + j] =
            floats[3 * columns + j]
                * (outputGradient[start + j]
                    - floats[columns + j]
                    - normalized[start + j] * floats[2 * columns + j]);
      }
    }
  }
}
