package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.Arrays;

/**
 * Normalization of every row over its features. Source: Ba, Kiros, Hinton, "Layer Normalization"
 * (2016), eq. 4.
 *
 * <pre>
 *   Z  input   [rows, features]  read
 *   γ  weight  [features]        read
 *   β  bias    [features]        read
 *   Y  output  [rows, features]  overwritten with γ ẑ + β,  ẑ = (z - μ)/√(σ² + ε),  ε = 1e-5
 * </pre>
 *
 * μ and the biased σ² are those of the row, computed in float64; training and evaluation are the
 * same.
 *
 * <p>Backward, with sums over the rows: {@code dβ = Σ dy}, {@code dγ = Σ dy ẑ}; and in each row,
 * with means over its features, {@code dz = (γ dy - mean(γ dy) - ẑ mean(γ dy ẑ))/√(σ²+ε)}.
 */
public final class LayerNormLayer implements Layer {
  /** ε. */
  public static final double EPSILON = 1e-5;

  private final Shape shape;
  private final int features;
  private final int gamma;
  private final int beta;

  /** Reserves the layer's tensors; a place where images pass is a usage error. */
  LayerNormLayer(LayerPlace place) {
    this.shape = place.inputShape();
    if (shape.isImage()) {
      throw LockstepException.usage(
          "network.layers: layer "
              + place.name()
              + " (layerNorm) takes feature vectors, but its input is images of "
              + shape
              + "; use batchNorm there, or put flatten before it.");
    }
    this.features = shape.size();
    this.gamma = place.builder().reserve(place.name() + ".weight", Role.SCALE, features);
    this.beta = place.builder().reserve(place.name() + ".bias", Role.SHIFT, features);
  }

  @Override
  public Shape inputShape() {
    return shape;
  }

  @Override
  public Shape outputShape() {
    return shape;
  }

  /** Per row ẑ and, after it, 1/√(σ²+ε); per pass the sums of the backward pass in float64. */
  @Override
  public Scratch scratch() {
    return new Scratch(features + 1, 0, 2 * features);
  }

  @Override
  public void initialize(long seed, ParameterLayout layout, float[] parameters) {
    ParameterWindow scale = layout.windows().get(gamma);
    Arrays.fill(parameters, scale.offset(), scale.end(), 1f);
    ParameterWindow shift = layout.windows().get(beta);
    Arrays.fill(parameters, shift.offset(), shift.end(), 0f);
  }

  @Override
  public void forward(Pass pass, LayerBuffers buffers, float[] input, float[] output) {
    float[] parameters = pass.parameters();
    float[] kept = buffers.perRow();
    int g = pass.offset(gamma);
    int b = pass.offset(beta);
    for (int row = 0; row < pass.rows(); row++) {
      int start = row * features;
      int keptStart = row * (features + 1);
      double mean = 0.0;
      for (int j = 0; j < features; j++) {
        mean += input[start + j];
      }
      mean /= features;
      double variance = 0.0;
      for (int j = 0; j < features; j++) {
        double deviation = input[start + j] - mean;
        variance += deviation * deviation;
      }
      variance /= features;
      double factor = 1.0 / Math.sqrt(variance + EPSILON);
      for (int j = 0; j < features; j++) {
        float normalized = (float) ((input[start + j] - mean) * factor);
        kept[keptStart + j] = normalized;
        output[start + j] = parameters[g + j] * normalized + parameters[b + j];
      }
      kept[keptStart + features] = (float) factor;
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
    sumOverRows(pass, buffers, outputGradient);
    if (inputGradient == null) {
      return;
    }
    float[] parameters = pass.parameters();
    float[] kept = buffers.perRow();
    int g = pass.offset(gamma);
    for (int row = 0; row < pass.rows(); row++) {
      int start = row * features;
      int keptStart = row * (features + 1);
      double mean = 0.0;
      double meanAlong = 0.0;
      for (int j = 0; j < features; j++) {
        double scaled = (double) parameters[g + j] * outputGradient[start + j];
        mean += scaled;
        meanAlong += scaled * kept[keptStart + j];
      }
      mean /= features;
      meanAlong /= features;
      double factor = kept[keptStart + features];
      for (int j = 0; j < features; j++) {
        double scaled = (double) parameters[g + j] * outputGradient[start + j];
        inputGradient[start + j] =
            (float) ((scaled - mean - kept[keptStart + j] * meanAlong) * factor);
      }
    }
  }

  private void sumOverRows(Pass pass, LayerBuffers buffers, float[] outputGradient) {
    float[] kept = buffers.perRow();
    double[] sums = buffers.doubles();
    Arrays.fill(sums, 0.0);
    for (int row = 0; row < pass.rows(); row++) {
      int start = row * features;
      int keptStart = row * (features + 1);
      for (int j = 0; j < features; j++) {
        double dy = outputGradient[start + j];
        sums[j] += dy;
        sums[features + j] += dy * kept[keptStart + j];
      }
    }
    float[] gradient = pass.gradient();
    int g = pass.offset(gamma);
    int b = pass.offset(beta);
    for (int j = 0; j < features; j++) {
      gradient[b + j] = (float) sums[j];
      gradient[g + j] = (float) sums[features + j];
    }
  }
}
