package dev.lockstep.trainer.check;

import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The forward pass once more, in float64 and in the plainest loops: what analytic gradients and
 * fast kernels are compared with. Shares with the network only the layout of the parameters and the
 * random bits of dropout, no arithmetic.
 *
 * <p>All matrices are [rows, values], row-major. Every sum is taken term by term in the order of
 * its formula; loops are nested so that the innermost one runs over neighbors in memory. Stateless;
 * safe on any thread.
 */
public final class ReferenceNetwork {
  private static final double BATCH_NORM_EPSILON = 1e-5;
  private static final double LAYER_NORM_EPSILON = 1e-5;
  private static final double LEAK = 0.01;

  private final List<LayerSpec> specs;
  private final Shape inputShape;
  private final ParameterLayout layout;
  private final List<Integer> topNumbers;
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<Integer, List<Integer>> insides = new HashMap<>();
  private int nextInside;

  /** The reference for a network of these layers, whose parameters lie as in {@code layout}. */
  public ReferenceNetwork(List<LayerSpec> specs, Shape inputShape, ParameterLayout layout) {
    this.specs = List.copyOf(specs);
    this.inputShape = inputShape;
    this.layout = layout;
    this.nextInside = specs.size();
    this.topNumbers = number(specs, "", true);
  }

  /** Layers of the network have their places as numbers; those inside blocks follow. */
  private List<Integer> number(List<LayerSpec> stack, String prefix, boolean top) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < stack.size(); i++) {
      int number = top ? i : nextInside++;
      numbers.add(number);
      names.put(number, prefix + i);
      if (stack.get(i) instanceof LayerSpec.Residual block) {
        insides.put(number, number(block.layers(), prefix + i + ".layers.", false));
      }
    }
    return numbers;
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

  /**
   * What one training pass put in front of every layer of the network, so that a pass that differs
   * from some layer on need not start at the first one. Immutable.
   */
  public static final class KeptPass {
    private final Activation[] inputs;
    private final double[] outputs;
    private final int rows;
    private final Mode mode;

    private KeptPass(Activation[] inputs, double[] outputs, int rows, Mode mode) {
      this.inputs = inputs;
      this.outputs = outputs;
      this.rows = rows;
      this.mode = mode;
    }

    /** [rows, outputs]: this object's own array. */
    public double[] outputs() {
      return outputs;
    }
  }

  /** {@link #train}, with everything on the way kept; the arguments are those of {@code train}. */
  public KeptPass trainAndKeep(
      double[] parameters, double[] input, int rows, long seed, long step, long[] exampleIndices) {
    Mode mode = new Mode(true, seed, step, exampleIndices);
    Activation[] inputs = new Activation[specs.size()];
    Activation flow = start(input);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = flow;
      flow = apply(parameters, specs.get(i), topNumbers.get(i), flow, rows, mode);
    }
    return new KeptPass(inputs, flow.values, rows, mode);
  }

  /**
   * The outputs that {@link #train} has with {@code parameters}, to the last bit, where these are
   * those of the kept pass in all layers before {@code layer}.
   *
   * @param layer the place of a layer in the network; a residual block is one layer
   * @return [rows, outputs]
   */
  public double[] trainFrom(KeptPass kept, int layer, double[] parameters) {
    return run(
            parameters,
            specs.subList(layer, specs.size()),
            topNumbers.subList(layer, specs.size()),
            kept.inputs[layer],
            kept.rows,
            kept.mode)
        .values;
  }

  /** What flows between two layers: [rows, height, width, channels]. */
  private static final class Activation {
    private final double[] values;
    private final int height;
    private final int width;
    private final int channels;

    private Activation(double[] values, int height, int width, int channels) {
      this.values = values;
      this.height = height;
      this.width = width;
      this.channels = channels;
    }

    private int rows() {
      return values.length / (height * width * channels);
    }

    private int place(int row, int y, int x) {
      return ((row * height + y) * width + x) * channels;
    }

    private double at(int row, int y, int x, int channel) {
      return values[place(row, y, x) + channel];
    }

    /** Other values of the same shape. */
    private Activation with(double[] others) {
      return new Activation(others, height, width, channels);
    }
  }

  private Activation start(double[] input) {
    return new Activation(input, inputShape.height(), inputShape.width(), inputShape.channels());
  }

  private double[] run(double[] parameters, double[] input, int rows, Mode mode) {
    return run(parameters, specs, topNumbers, start(input), rows, mode).values;
  }

  private Activation run(
      double[] parameters,
      List<LayerSpec> stack,
      List<Integer> numbers,
      Activation input,
      int rows,
      Mode mode) {
    Activation flow = input;
    for (int i = 0; i < stack.size(); i++) {
      flow = apply(parameters, stack.get(i), numbers.get(i), flow, rows, mode);
    }
    return flow;
  }

  private Activation apply(
      double[] parameters, LayerSpec spec, int index, Activation input, int rows, Mode mode) {
    double[] values = input.values;
    if (spec instanceof LayerSpec.Dense dense) {
      return new Activation(
          dense(parameters, index, dense.units(), values, rows), 1, 1, dense.units());
    } else if (spec instanceof LayerSpec.Embedding embedding) {
      double[] found = embedding(parameters, index, embedding, values, rows);
      return new Activation(found, input.height, input.width, found.length / rows);
    } else if (spec instanceof LayerSpec.BatchNorm) {
      return input.with(batchNorm(parameters, index, values, input.channels, mode));
    } else if (spec instanceof LayerSpec.Dropout dropout) {
      return input.with(dropout(dropout.keep(), index, values, rows, mode));
    } else if (spec instanceof LayerSpec.Relu) {
      return input.with(map(values, z -> z > 0.0 ? z : 0.0));
    } else if (spec instanceof LayerSpec.LayerNorm) {
      return input.with(layerNorm(parameters, index, values, rows));
    } else if (spec instanceof LayerSpec.LeakyRelu) {
      return input.with(map(values, z -> z > 0.0 ? z : LEAK * z));
    } else if (spec instanceof LayerSpec.Elu) {
      return input.with(map(values, z -> z > 0.0 ? z : Math.expm1(z)));
    } else if (spec instanceof LayerSpec.Gelu) {
      return input.with(map(values, z -> z * normalDistribution(z)));
    } else if (spec instanceof LayerSpec.Silu) {
      return input.with(map(values, z -> z / (1.0 + Math.exp(-z))));
    } else if (spec instanceof LayerSpec.Tanh) {
      return input.with(map(values, Math::tanh));
    } else if (spec instanceof LayerSpec.Sigmoid) {
      return input.with(map(values, z -> 1.0 / (1.0 + Math.exp(-z))));
    }
    return runOnImage(parameters, spec, index, input, mode);
  }

  private Activation runOnImage(
      double[] parameters, LayerSpec spec, int index, Activation image, Mode mode) {
    if (spec instanceof LayerSpec.Conv2d conv) {
      int zeros = conv.padding() == Padding.SAME ? (conv.kernel() - 1) / 2 : 0;
      return convolution(
          parameters, names.get(index), conv.filters(), conv.kernel(), conv.stride(), zeros, image);
    } else if (spec instanceof LayerSpec.MaxPool pool) {
      return maxPool(pool.size(), image);
    } else if (spec instanceof LayerSpec.AveragePool pool) {
      return averagePool(pool.size(), pool.size(), image);
    } else if (spec instanceof LayerSpec.GlobalAveragePool) {
      return averagePool(image.height, image.width, image);
    } else if (spec instanceof LayerSpec.Flatten) {
      return flatten(image);
    } else if (spec instanceof LayerSpec.Residual block) {
      return residual(parameters, block, index, image, mode);
    }
    throw new IllegalArgumentException("no reference for " + spec);
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

  private Activation convolution(
      double[] parameters,
      String name,
      int filters,
      int kernel,
      int stride,
      int zeros,
      Activation image) {
    int weight = offset(name, "weight");
    int bias = offset(name, "bias");
    int height = (image.height + 2 * zeros - kernel) / stride + 1;
    int width = (image.width + 2 * zeros - kernel) / stride + 1;
    int taps = image.channels * kernel * kernel;
    double[] byTap = transposed(parameters, weight, filters, taps);
    double[] patch = new double[taps];
    double[] output = new double[image.rows() * height * width * filters];
    int next = 0;
    for (int row = 0; row < image.rows(); row++) {
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          if (bias >= 0) {
            System.arraycopy(parameters, bias, output, next, filters);
          }
          for (int c = 0; c < image.channels; c++) {
            for (int u = 0; u < kernel; u++) {
              for (int v = 0; v < kernel; v++) {
                int y = i * stride + u - zeros;
                int x = j * stride + v - zeros;
                boolean inside = y >= 0 && y < image.height && x >= 0 && x < image.width;
                patch[(c * kernel + u) * kernel + v] = inside ? image.at(row, y, x, c) : 0.0;
              }
            }
          }
          addProducts(patch, 0, taps, byTap, output, next, filters);
          next += filters;
        }
      }
    }
    return new Activation(output, height, width, filters);
  }

  /** [outputs, inputs] at an offset as [inputs, outputs]. */
  private static double[] transposed(double[] parameters, int offset, int outputs, int inputs) {
    double[] turned = new double[outputs * inputs];
    for (int i = 0; i < outputs; i++) {
      for (int j = 0; j < inputs; j++) {
        turned[j * outputs + i] = parameters[offset + i * inputs + j];
      }
    }
    return turned;
  }

  /**
   * sums[start + k] += Σ_t factors[from + t] · terms[t · outputs + k] for k in [0, outputs), term
   * by term in the order of t; four terms share one trip to memory.
   */
  private static void addProducts(
      double[] factors,
      int from,
      int inputs,
      double[] terms,
      double[] sums,
      int start,
      int outputs) {
    int t = 0;
    for (; t + 4 <= inputs; t += 4) {
      double first = factors[from + t];
      double second = factors[from + t + 1];
      double third = factors[from + t + 2];
      double fourth = factors[from + t + 3];
      int a = t * outputs;
      int b = a + outputs;
      int c = b + outputs;
      int d = c + outputs;
      for (int k = 0; k < outputs; k++) {
        sums[start + k] =
            sums[start + k]
                + first * terms[a + k]
                + second * terms[b + k]
                + third * terms[c + k]
                + fourth * terms[d + k];
      }
    }
    for (; t < inputs; t++) {
      double factor = factors[from + t];
      int a = t * outputs;
      for (int k = 0; k < outputs; k++) {
        sums[start + k] += factor * terms[a + k];
      }
    }
  }

  private static Activation maxPool(int size, Activation image) {
    int height = image.height / size;
    int width = image.width / size;
    double[] output = new double[image.rows() * height * width * image.channels];
    int next = 0;
    for (int row = 0; row < image.rows(); row++) {
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          for (int c = 0; c < image.channels; c++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int u = 0; u < size; u++) {
              for (int v = 0; v < size; v++) {
                largest = Math.max(largest, image.at(row, i * size + u, j * size + v, c));
              }
            }
            output[next++] = largest;
          }
        }
      }
    }
    return new Activation(output, height, width, image.channels);
  }

  private static Activation averagePool(int tall, int wide, Activation image) {
    int height = image.height / tall;
    int width = image.width / wide;
    double[] output = new double[image.rows() * height * width * image.channels];
    int next = 0;
    for (int row = 0; row < image.rows(); row++) {
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          for (int c = 0; c < image.channels; c++) {
            double sum = 0.0;
            for (int u = 0; u < tall; u++) {
              for (int v = 0; v < wide; v++) {
                sum += image.at(row, i * tall + u, j * wide + v, c);
              }
            }
            output[next++] = sum / (tall * wide);
          }
        }
      }
    }
    return new Activation(output, height, width, image.channels);
  }

  private static Activation flatten(Activation image) {
    double[] output = new double[image.values.length];
    int next = 0;
    for (int row = 0; row < image.rows(); row++) {
      for (int c = 0; c < image.channels; c++) {
        for (int y = 0; y < image.height; y++) {
          for (int x = 0; x < image.width; x++) {
            output[next++] = image.at(row, y, x, c);
          }
        }
      }
    }
    return new Activation(output, 1, 1, image.height * image.width * image.channels);
  }

  private Activation residual(
      double[] parameters, LayerSpec.Residual block, int index, Activation image, Mode mode) {
    Activation inner =
        run(parameters, block.layers(), insides.get(index), image, image.rows(), mode);
    Activation skip = image;
    if (block.projection()) {
      // A dense layer on a vector is a convolution of one pixel.
      int stride = 1;
      while ((image.height - 1) / stride + 1 != inner.height
          || (image.width - 1) / stride + 1 != inner.width) {
        stride++;
      }
      skip =
          convolution(
              parameters, names.get(index) + ".projection", inner.channels, 1, stride, 0, image);
    }
    double[] output = new double[inner.values.length];
    for (int i = 0; i < output.length; i++) {
      output[i] = skip.values[i] + inner.values[i];
    }
    return new Activation(output, inner.height, inner.width, inner.channels);
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
    return offset(names.get(layer), tensor);
  }

  private int offset(String layer, String tensor) {
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
    double[] byInput = transposed(parameters, weight, units, in);
    double[] output = new double[rows * units];
    for (int row = 0; row < rows; row++) {
      if (bias >= 0) {
        System.arraycopy(parameters, bias, output, row * units, units);
      }
      addProducts(input, row * in, in, byInput, output, row * units, units);
    }
    return output;
  }

  private double[] batchNorm(
      double[] parameters, int index, double[] input, int columns, Mode mode) {
    int n = input.length / columns;
    int means = offset(index, "running_mean");
    int variances = offset(index, "running_var");
    double[] mean = Arrays.copyOfRange(parameters, means, means + columns);
    double[] variance = Arrays.copyOfRange(parameters, variances, variances + columns);
    if (mode.isTraining && n > 1) {
      Arrays.fill(mean, 0.0);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < columns; j++) {
          mean[j] += input[i * columns + j] / n;
        }
      }
      Arrays.fill(variance, 0.0);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < columns; j++) {
          double deviation = input[i * columns + j] - mean[j];
          variance[j] += deviation * deviation / n;
        }
      }
    }
    double[] root = new double[columns];
    for (int j = 0; j < columns; j++) {
      root[j] = Math.sqrt(variance[j] + BATCH_NORM_EPSILON);
    }
    int gamma = offset(index, "weight");
    int beta = offset(index, "bias");
    double[] output = new double[input.length];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < columns; j++) {
        output[i * columns + j] =
            parameters[gamma + j] * (input[i * columns + j] - mean[j]) / root[j]
                + parameters[beta + j];
      }
    }
    return output;
  }

  private double[] layerNorm(double[] parameters, int index, double[] input, int rows) {
    int features = input.length / rows;
    int weight = offset(index, "weight");
    int bias = offset(index, "bias");
    double[] output = new double[input.length];
    for (int row = 0; row < rows; row++) {
      double mean = 0.0;
      for (int j = 0; j < features; j++) {
        mean += input[row * features + j] / features;
      }
      double variance = 0.0;
      for (int j = 0; j < features; j++) {
        variance += Math.pow(input[row * features + j] - mean, 2) / features;
      }
      for (int j = 0; j < features; j++) {
        output[row * features + j] =
            parameters[weight + j]
                    * (input[row * features + j] - mean)
                    / Math.sqrt(variance + LAYER_NORM_EPSILON)
                + parameters[bias + j];
      }
    }
    return output;
  }

  /**
   * Φ(z) = ½ + φ(z) (z + z³/3 + z⁵/(3·5) + z⁷/(3·5·7) + ...), a series without cancellation. Beyond
   * ±8 what is left of it is below 1e-15.
   */
  private static double normalDistribution(double z) {
    if (Math.abs(z) > 8.0) {
      return z > 0.0 ? 1.0 : 0.0;
    }
    double term = z;
    double sum = z;
    for (int odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
      term *= z * z / odd;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * z * z) / Math.sqrt(2.0 * Math.PI);
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
}
