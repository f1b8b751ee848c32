package dev.lockstep.trainer.check;

import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Elu;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.Gelu;
import dev.lockstep.trainer.layer.LayerSpec.LayerNorm;
import dev.lockstep.trainer.layer.LayerSpec.LeakyRelu;
import dev.lockstep.trainer.layer.LayerSpec.MaxPool;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.LayerSpec.Sigmoid;
import dev.lockstep.trainer.layer.LayerSpec.Silu;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.replica.Examples;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random networks' parameters and examples for tests; always the same ones for a seed. */
public final class Samples {
  private Samples() {}

  /** A dense layer as the configuration {@code dense: units} gives it. */
  public static Dense dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  /** All kinds of layers in one stack. */
  public static List<LayerSpec> everyKind(int outputs) {
    return List.of(
        dense(9),
        new BatchNorm(),
        new Relu(),
        new Dropout(0.7),
        dense(8),
        new LayerNorm(),
        new Gelu(),
        dense(7),
        new Silu(),
        dense(7),
        new LeakyRelu(),
        dense(7),
        new Elu(),
        dense(7),
        new Tanh(),
        new Dropout(0.5),
        dense(5),
        new Sigmoid(),
        dense(outputs));
  }

  /** A convolution as the configuration gives it with kernel 3 and {@code padding: same}. */
  public static Conv2d conv(int filters) {
    return conv(filters, 3, 1, Padding.SAME);
  }

  /** A convolution with a bias unless batch norm follows. */
  public static Conv2d conv(int filters, int kernel, int stride, Padding padding) {
    return new Conv2d(filters, kernel, stride, padding, Dense.DEFAULT_INITIALIZER, null);
  }

  /** All kinds of layers on images in one stack; images of at least 4 x 4. */
  public static List<LayerSpec> everyImageKind(int outputs) {
    return List.of(
        conv(4),
        new BatchNorm(),
        new Relu(),
        new MaxPool(2),
        new Residual(
            List.of(
                conv(4),
                new BatchNorm(),
                new Tanh(),
                new Dropout(0.8),
                new Residual(List.of(conv(5), new Tanh()), true),
                conv(4)),
            false),
        new Residual(List.of(conv(6, 3, 2, Padding.SAME), new BatchNorm()), true),
        new Tanh(),
        new Flatten(),
        new Residual(List.of(dense(5), new Sigmoid()), true),
        dense(outputs));
  }

  /** {@code length} draws of N(0, scale²). */
  public static float[] gaussian(long seed, int length, double scale) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  /**
   * Parameters away from every special value: biases, γ, β and running statistics are random too,
   * variances positive.
   */
  public static ParameterVector parameters(Network network, long seed) {
    ParameterVector parameters = network.initialParameters(seed);
    float[] noise = gaussian(seed, parameters.length(), 0.3);
    for (ParameterWindow window : network.layout().windows()) {
      for (int i = window.offset(); i < window.end(); i++) {
        parameters.values()[i] +=
            window.role() == Role.RUNNING_VARIANCE ? Math.abs(noise[i]) : noise[i];
      }
    }
    return parameters;
  }

  /** Random examples with indices 7, 10, 13, ...; {@code classes} of 0 gives values as targets. */
  public static Examples examples(
      int count, int features, int classes, boolean weighted, long seed) {
    Random random = new Random(seed);
    float[] targets = new float[count];
    float[] weights = weighted ? new float[count] : null;
    for (int i = 0; i < count; i++) {
      targets[i] = classes == 0 ? (float) random.nextGaussian() : random.nextInt(classes);
      if (weighted) {
        weights[i] = 0.5f + random.nextFloat();
      }
    }
    return new Examples(
        features, 7, 3, gaussian(seed + 1, count * features, 1.0), targets, weights);
  }

  /** 0 ... n-1. */
  public static int[] inOrder(int n) {
    return IntStream.range(0, n).toArray();
  }
}
