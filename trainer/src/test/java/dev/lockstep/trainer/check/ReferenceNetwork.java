package dev.lockstep.trainer.check;

import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.util.ArrayList;
import java.util.List;

/**
 * The forward pass and the losses once more, in float64 and in the plainest loops: what analytic
 * gradients and fast kernels are compared with. Shares with the network only the layout of the
 * parameters and the random bits of dropout, no arithmetic.
 *
 * <p>All matrices are [rows, values], row-major. Stateless; safe on any thread.
 */
public final class ReferenceNetwork {
  private static final double BATCH_NORM_EPSILON = 1e-5;

  private final List<LayerSpec> specs;
  private final Shape inputShape;
  private final ParameterLayout layout;

  /** The reference for a network of these layers, whose parameters lie as in {@code layout}. */
  public ReferenceNetwork(List<LayerSpec> specs, Shape inputShape, ParameterLayout layout) {
    this.specs = List.copyOf(specs);
    this.inputShape = inputShape;
    this.layout = layout;
  }

  /** Whether a pass trains, and where in the run it is. */
  private static final class Mode {
    private static final Mode EVALUATION = new Mode(false, 0, 0, new long[0]);

    private final boolean isTraining;
    private final long seed;
    private final long step;
    private final long[] exampleIndices;

    private Mode(boolean isTraining, long seed, long step, long[] exampleIndices) {
      this.isTraining = isTraining;
      this.seed = seed;
      this.step = step;
      this.exampleIndices = exampleIndices;
    }
  }

  /**
   * Outputs of a training pass over one slice: dropout by the given coordinates, batch norm by the
   * slice's own statistics.
   *
   * @param parameters [layout length]
   * @param input [rows, inputShape]
   * @return [rows, outputs]
   */
  public double[] train(
      double[] parameters, double[] input, int rows, long seed, long step, long[] exampleIndices) {
    return run(parameters, input, rows, new Mode(true, seed, step, exampleIndices));
  }

  /** Outputs of an evaluation: no dropout, batch norm by the running statistics. */
  public double[] evaluate(double[] parameters, double[] input, int rows) {
    return run(parameters, input, rows, Mode.EVALUATION);
  }

  private double[] run(double[] parameters, double[] input, int rows, Mode mode) {
    double[] values = input;
    int channels = inputShape.channels();
    for (int index = 0; index < specs.size(); index++) {
      LayerSpec spec = specs.get(index);
      if (spec instanceof LayerSpec.Dense dense) {
        values = dense(parameters, index, dense.units(), values, rows);
        channels = dense.units();
      } else if (spec instanceof LayerSpec.Embedding embedding) {
        values = embedding(parameters, index, embedding, values, rows);
        channels = values.length / rows;
      } else if (spec instanceof LayerSpec.BatchNorm) {
        values = batchNorm(parameters, index, values, channels, mode);
      } else if (spec instanceof LayerSpec.Dropout dropout) {
        values = dropout(dropout.keep(), index, values, rows, mode);
      } else if (spec instanceof LayerSpec.Relu) {
        values = map(values, z -> z > 0.0 ? z : 0.0);
      } else if (spec instanceof LayerSpec.Tanh) {
        values = map(values, Math::tanh);
      } else if (spec instanceof LayerSpec.Sigmoid) {
        values = map(values, z -> 1.0 / (1.0 + Math.exp(-z)));
      } else {
        throw new IllegalArgumentException("no reference for " + spec);
      }
    }
    return values;
  }

  private interface Scalar {
    double of(double z);
  }

  private static double[] map(double[] input, Scalar function) {
    double[] output = new double[input.length];
    for (int i = 0; i < input.length; i++) {
      output[i] = function.of(input[i]);
    }
    return output;
  }

  /** First element of a tensor, or -1 where the network has none of that name. */
  private int offset(int layer, String tensor) {
    String name = layer + "." + tensor;
    for (ParameterWindow window : layout.windows()) {
      if (window.name().equals(name)) {
        return window.offset();
      }
    }
    return -1;
  }

  private double[] dense(double[] parameters, int index, int units, double[] input, int rows) {
    int in = input.length / rows;
    int weight = offset(index, "weight");
    int bias = offset(index, "bias");
    double[] output = new double[rows * units];
    for (int row = 0; row < rows; row++) {
      for (int unit = 0; unit < units; unit++) {
        double sum = bias < 0 ? 0.0 : parameters[bias + unit];
        for (int j = 0; j < in; j++) {
          sum += parameters[weight + unit * in + j] * input[row * in + j];
        }
        output[row * units + unit] = sum;
      }
    }
    return output;
  }

  /** Levels are whole numbers from 0; whatever else stands there is unknown and gives zeros. */
  private double[] embedding(
      double[] parameters, int index, LayerSpec.Embedding spec, double[] input, int rows) {
    int in = input.length / rows;
    List<Double> output = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int j = 0;
      for (int column = 0; column < in; column++) {
        double value = input[row * in + column];
        if (j == spec.tables().size() || spec.tables().get(j).position() != column) {
          output.add(value);
          continue;
        }
        int table = offset(index, "tables." + j + ".weight");
        boolean known = value >= 0 && value < spec.tables().get(j).levels();
        int level = (int) value;
        for (int i = 0; i < spec.dimension(); i++) {
          output.add(known ? parameters[table + level * spec.dimension() + i] : 0.0);
        }
        j++;
      }
    }
    return output.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private double[] batchNorm(
      double[] parameters, int index, double[] input, int columns, Mode mode) {
    int n = input.length / columns;
    double[] output = new double[input.length];
    for (int j = 0; j < columns; j++) {
      double mean = parameters[offset(index, "running_mean") + j];
      double variance = parameters[offset(index, "running_var") + j];
      if (mode.isTraining && n > 1) {
        mean = 0.0;
        for (int i = 0; i < n; i++) {
          mean += input[i * columns + j] / n;
        }
        variance = 0.0;
        for (int i = 0; i < n; i++) {
          variance += Math.pow(input[i * columns + j] - mean, 2) / n;
        }
      }
      double gamma = parameters[offset(index, "weight") + j];
      double beta = parameters[offset(index, "bias") + j];
      for (int i = 0; i < n; i++) {
        output[i * columns + j] =
            gamma * (input[i * columns + j] - mean) / Math.sqrt(variance + BATCH_NORM_EPSILON)
                + beta;
      }
    }
    return output;
  }

  private static double[] dropout(double keep, int index, double[] input, int rows, Mode mode) {
    if (!mode.isTraining) {
      return input;
    }
    int units = input.length / rows;
    double[] output = new double[input.length];
    int[] words = new int[4];
    for (int row = 0; row < rows; row++) {
      long example = mode.exampleIndices[row];
      for (int unit = 0; unit < units; unit++) {
        Philox.block(
            mode.seed,
            unit / 4,
            (int) example,
            (int) mode.step,
            Philox.tag(Purpose.DROPOUT, index, example),
            words,
            0);
        double draw = Integer.toUnsignedLong(words[unit % 4]) / 0x1p32;
        output[row * units + unit] = draw < keep ? input[row * units + unit] / keep : 0.0;
      }
    }
    return output;
  }

  /**
   * Sum over the rows of weight · loss.
   *
   * @param outputs [rows, outputs]
   * @param targets [rows], class index or value
   * @param weights [rows]
   */
  public static double lossSum(
      LossSpec loss, double[] outputs, int rows, float[] targets, float[] weights) {
    int width = outputs.length / rows;
    double sum = 0.0;
    for (int row = 0; row < rows; row++) {
      double z = outputs[row * width];
      double y = targets[row];
      if (loss instanceof LossSpec.SoftmaxCrossEntropy) {
        double total = 0.0;
        for (int k = 0; k < width; k++) {
          total += Math.exp(outputs[row * width + k] - outputs[row * width + (int) y]);
        }
        sum += weights[row] * Math.log(total);
      } else if (loss instanceof LossSpec.SigmoidCrossEntropy) {
        sum += weights[row] * Math.log1p(Math.exp(y > 0.5 ? -z : z));
      } else if (loss instanceof LossSpec.MeanSquaredError) {
        sum += weights[row] * (z - y) * (z - y);
      } else {
        throw new IllegalArgumentException("no reference for " + loss);
      }
    }
    return sum;
  }
}
