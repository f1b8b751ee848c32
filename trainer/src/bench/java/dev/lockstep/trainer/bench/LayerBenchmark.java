package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleUnaryOperator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Layers without matrix products, forward and backward, in one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LayerBenchmark {
  /** 128 rows of 256, or what is as many values. */
  static final int VALUES = 1 << 15;

  private static final double KEEP = 0.5;

  /** The layer's kind; {@code copy} is the base. */
  @Param({
    "copy",
    "relu",
    "leakyRelu",
    "elu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "dropout",
    "batchNorm",
    "maxPool"
  })
  private String kind;

  private OneLayer layer;

  private LayerSpec spec() {
    return switch (kind) {
      case "copy" -> new LayerSpec.Flatten();
      case "relu" -> new LayerSpec.Relu();
      case "leakyRelu" -> new LayerSpec.LeakyRelu();
      case "elu" -> new LayerSpec.Elu();
      case "gelu" -> new LayerSpec.Gelu();
      case "silu" -> new LayerSpec.Silu();
      case "tanh" -> new LayerSpec.Tanh();
      case "sigmoid" -> new LayerSpec.Sigmoid();
      case "dropout" -> new LayerSpec.Dropout(KEEP);
      case "batchNorm" -> new LayerSpec.BatchNorm();
      case "maxPool" -> new LayerSpec.MaxPool(2);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  /** Checks the layer. */
  @Setup
  public void setUp() {
    Shape shape = kind.equals("maxPool") ? new Shape(8, 8, 32) : Shape.vector(256);
    layer = new OneLayer(spec(), shape, VALUES / shape.size());
    forward();
    backward();
    switch (kind) {
      case "copy" -> checkFunction(z -> z);
      case "relu" -> checkFunction(z -> Math.max(z, 0.0));
      case "leakyRelu" -> checkFunction(z -> z > 0.0 ? z : 0.01 * z);
      case "elu" -> checkFunction(z -> z > 0.0 ? z : Math.expm1(z));
      case "gelu" -> checkFunction(z -> z * normal(z));
      case "silu" -> checkFunction(z -> z / (1.0 + Math.exp(-z)));
      case "tanh" -> checkFunction(Math::tanh);
      case "sigmoid" -> checkFunction(z -> 1.0 / (1.0 + Math.exp(-z)));
      case "dropout" -> checkDropout();
      case "batchNorm" -> checkBatchNorm();
      default -> checkMaxPool();
    }
  }

  /** Φ by its series, ½ + φ(z) (z + z³/3 + z⁵/(3·5) + …). */
  private static double normal(double z) {
    double term = z;
    double sum = z;
    for (int n = 3; n < 200; n += 2) {
      term *= z * z / n;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * z * z) / Math.sqrt(2.0 * Math.PI);
  }

  private void checkFunction(DoubleUnaryOperator function) {
    double step = 1e-5;
    for (int i = 0; i < VALUES; i++) {
      double z = layer.input[i];
      Checks.near("a value", layer.output[i], function.applyAsDouble(z), 1e-6);
      if (Math.abs(z) > 1e-3) {
        double slope =
            (function.applyAsDouble(z + step) - function.applyAsDouble(z - step)) / (2 * step);
        Checks.near("a gradient", layer.inputGradient[i], layer.outputGradient[i] * slope, 1e-5);
      }
    }
  }

  private void checkDropout() {
    int kept = 0;
    for (int i = 0; i < VALUES; i++) {
      boolean stays = layer.output[i] != 0f;
      kept += stays ? 1 : 0;
      double factor = stays ? 1.0 / KEEP : 0.0;
      Checks.near("a value", layer.output[i], layer.input[i] * factor, 0.0);
      Checks.near("a gradient", layer.inputGradient[i], layer.outputGradient[i] * factor, 0.0);
    }
    Checks.near("the share kept", (double) kept / VALUES, KEEP, 5 * 0.5 / Math.sqrt(VALUES));
  }

  /** Outputs have mean 0 and variance 1 in every column; gradients are orthogonal to 1 and to ẑ. */
  private void checkBatchNorm() {
    int columns = layer.layer.inputShape().size();
    for (int j = 0; j < columns; j++) {
      double sum = 0.0;
      double squares = 0.0;
      double gradient = 0.0;
      double product = 0.0;
      for (int i = j; i < VALUES; i += columns) {
        sum += layer.output[i];
        squares += (double) layer.output[i] * layer.output[i];
        gradient += layer.inputGradient[i];
        product += (double) layer.inputGradient[i] * layer.output[i];
      }
      Checks.near("a mean", sum / layer.rows, 0.0, 1e-5);
      Checks.near("a variance", squares / layer.rows, 1.0, 1e-3);
      Checks.near("a sum of gradients", gradient, 0.0, 1e-3);
      Checks.near("a sum of gradients by values", product, 0.0, 1e-2);
    }
  }

  private void checkMaxPool() {
    Shape in = layer.layer.inputShape();
    Shape out = layer.layer.outputShape();
    float[] gradient = new float[VALUES];
    for (int i = 0; i < layer.output.length; i++) {
      int c = i % out.channels();
      int line = i / out.channels() / out.width();
      int x = i / out.channels() % out.width();
      int best = -1;
      for (int place = 0; place < 4; place++) {
        int y = 2 * line + place / 2;
        int pixel = (y * in.width() + 2 * x + place % 2) * in.channels() + c;
        best = best < 0 || layer.input[pixel] > layer.input[best] ? pixel : best;
      }
      Checks.near("a largest value", layer.output[i], layer.input[best], 0.0);
      gradient[best] = layer.outputGradient[i];
    }
    if (!Arrays.equals(gradient, layer.inputGradient)) {
      throw new IllegalStateException("a gradient did not go to the largest value");
    }
  }

  /** Forward. */
  @Benchmark
  public float[] forward() {
    return layer.forward();
  }

  /** Backward. */
  @Benchmark
  public float[] backward() {
    return layer.backward();
  }
}
