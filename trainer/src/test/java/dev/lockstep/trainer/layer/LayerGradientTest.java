package dev.lockstep.trainer.layer;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.ReferenceNetwork;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Moments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every layer's backward pass against finite differences of the float64 reference, alone and for
 * few and many rows.
 */
class LayerGradientTest {
  private static final long SEED = 11;
  private static final long STEP = 3;

  /**
   * At least one sample of every kind; {@link #everyKindOfLayerIsCovered} fails for a kind that is
   * missing here.
   */
  private static final Map<LayerSpec, Shape> SAMPLES =
      Map.ofEntries(
          entry(Samples.dense(4), Shape.vector(6)),
          entry(
              new LayerSpec.Dense(1, LayerSpec.Dense.DEFAULT_INITIALIZER, false), Shape.vector(1)),
          entry(
              new LayerSpec.Embedding(
                  3,
                  List.of(
                      new LayerSpec.Embedding.Table(1, 2), new LayerSpec.Embedding.Table(2, 4))),
              Shape.vector(5)),
          entry(new LayerSpec.BatchNorm(), Shape.vector(5)),
          entry(new LayerSpec.LayerNorm(), Shape.vector(6)),
          entry(new LayerSpec.Dropout(0.6), Shape.vector(7)),
          entry(new LayerSpec.Dropout(1.0), Shape.vector(4)),
          entry(new LayerSpec.Relu(), Shape.vector(6)),
          entry(new LayerSpec.LeakyRelu(), Shape.vector(6)),
          entry(new LayerSpec.Elu(), Shape.vector(6)),
          entry(new LayerSpec.Gelu(), new Shape(3, 1, 2)),
          entry(new LayerSpec.Silu(), Shape.vector(6)),
          entry(new LayerSpec.Tanh(), new Shape(2, 3, 2)),
          entry(new LayerSpec.Sigmoid(), Shape.vector(6)));

  /** Likewise for layers on images. */
  private static final Map<LayerSpec, Shape> IMAGE_SAMPLES =
      Map.of(
          Samples.conv(4, 3, 1, Padding.VALID),
          new Shape(5, 4, 2),
          new LayerSpec.MaxPool(2),
          new Shape(5, 4, 3),
          new LayerSpec.AveragePool(2),
          new Shape(4, 5, 3),
          new LayerSpec.GlobalAveragePool(),
          new Shape(3, 5, 4),
          new LayerSpec.Flatten(),
          new Shape(3, 2, 4),
          new LayerSpec.Residual(List.of(Samples.dense(5), new LayerSpec.Tanh()), false),
          Shape.vector(5));

  /** Sizes, strides and borders that samples of one shape do not reach. */
  private static List<Arguments> moreOnImages() {
    List<Arguments> cases = new ArrayList<>();
    Map<LayerSpec, Shape> specs = new LinkedHashMap<>();
    specs.put(new LayerSpec.BatchNorm(), new Shape(2, 3, 4));
    specs.put(Samples.conv(3, 3, 1, Padding.SAME), new Shape(5, 7, 2));
    specs.put(Samples.conv(3, 3, 2, Padding.SAME), new Shape(5, 6, 1));
    specs.put(Samples.conv(2, 5, 3, Padding.SAME), new Shape(7, 4, 9));
    specs.put(Samples.conv(4, 2, 2, Padding.VALID), new Shape(6, 7, 3));
    specs.put(Samples.conv(2, 2, 3, Padding.VALID), new Shape(7, 3, 2));
    specs.put(Samples.conv(3, 1, 1, Padding.VALID), new Shape(3, 4, 5));
    specs.put(Samples.conv(3, 1, 2, Padding.SAME), new Shape(5, 4, 2));
    specs.put(Samples.conv(2, 7, 1, Padding.SAME), new Shape(3, 2, 2));
    specs.put(Samples.conv(3, 4, 1, Padding.VALID), new Shape(4, 4, 3));
    specs.put(
        new LayerSpec.Conv2d(2, 3, 1, Padding.SAME, LayerSpec.Dense.DEFAULT_INITIALIZER, false),
        new Shape(4, 3, 2));
    specs.put(new LayerSpec.MaxPool(3), new Shape(7, 9, 2));
    specs.put(new LayerSpec.AveragePool(3), new Shape(9, 4, 2));
    specs.put(new LayerSpec.Flatten(), new Shape(4, 3, 1));
    specs.put(new LayerSpec.Residual(List.of(Samples.dense(3)), true), Shape.vector(5));
    specs.put(new LayerSpec.Residual(List.of(Samples.conv(3)), false), new Shape(3, 4, 3));
    specs.put(
        new LayerSpec.Residual(
            List.of(
                Samples.conv(4, 3, 2, Padding.SAME),
                new LayerSpec.BatchNorm(),
                new LayerSpec.Residual(
                    List.of(Samples.conv(4), new LayerSpec.Dropout(0.7), new LayerSpec.Tanh()),
                    true)),
            true),
        new Shape(5, 4, 2));
    for (int rows : new int[] {1, 3, 17}) {
      specs.forEach((spec, shape) -> cases.add(Arguments.of(spec, shape, rows)));
    }
    return cases;
  }

  private static Map<LayerSpec, Shape> allSamples() {
    Map<LayerSpec, Shape> all = new LinkedHashMap<>(SAMPLES);
    all.putAll(IMAGE_SAMPLES);
    return all;
  }

  static List<Arguments> layersAndRows() {
    List<Arguments> cases = new ArrayList<>();
    for (int rows : new int[] {1, 3, 17}) {
      allSamples().forEach((spec, shape) -> cases.add(Arguments.of(spec, shape, rows)));
    }
    cases.addAll(moreOnImages());
    return cases;
  }

  @Test
  void everyKindOfLayerIsCovered() {
    Set<Class<?>> specs = new HashSet<>();
    Set<Class<?>> layers = new HashSet<>();
    allSamples()
        .forEach(
            (spec, shape) -> {
              specs.add(spec.getClass());
              layers.add(new Network(List.of(spec), shape).layers().get(0).getClass());
            });
    assertThat(specs).containsExactlyInAnyOrder(LayerSpec.class.getPermittedSubclasses());
    assertThat(layers).containsExactlyInAnyOrder(Layer.class.getPermittedSubclasses());
  }

  @Test
  void everyKindHasItsOwnName() {
    assertThat(allSamples().keySet().stream().map(LayerSpec::kind).distinct())
        .hasSize(LayerSpec.class.getPermittedSubclasses().length);
  }

  /** One layer between random inputs and a random linear objective Σ c y. */
  private static final class Bench {
    private final Network network;
    private final Layer layer;
    private final int rows;
    private final float[] parameters;
    private final float[] input;
    private final float[] output;
    private final float[] outputGradient;
    private final float[] inputGradient;
    private final float[] gradient;
    private final long[] indices;
    private final Pass pass;
    private final LayerBuffers buffers;
    private final Moments[] moments;

    private Bench(LayerSpec spec, Shape shape, int rows) {
      this.network = new Network(List.of(spec), shape);
      this.layer = network.layers().get(0);
      this.rows = rows;
      this.parameters = Samples.parameters(network, SEED).values();
      this.input = Samples.gaussian(1, rows * shape.size(), 1.0);
      this.output = new float[rows * layer.outputShape().size()];
      this.outputGradient = Samples.gaussian(2, output.length, 1.0);
      this.inputGradient = new float[input.length];
      this.gradient = new float[network.layout().trainableLength()];
      this.indices = new long[rows];
      for (int row = 0; row < rows; row++) {
        indices[row] = 1_000_000_000_000L + 5L * row;
      }
      this.pass = new Pass(network.layout());
      this.buffers = new LayerBuffers(layer.scratch(), rows);
      this.moments =
          Arrays.stream(network.batchNormColumns()).mapToObj(Moments::new).toArray(Moments[]::new);
      Arrays.fill(gradient, Float.NaN);
      Arrays.fill(inputGradient, Float.NaN);
    }

    private void run() {
      pass.train(parameters, SEED, STEP, indices, rows, gradient, moments);
      layer.forward(pass, buffers, input, output);
      layer.backward(pass, buffers, input, output, outputGradient, inputGradient);
    }

    private double objective(double[] wideParameters, double[] wideInput) {
      double[] outputs =
          new ReferenceNetwork(network.specs(), network.inputShape(), network.layout())
              .train(wideParameters, wideInput, rows, SEED, STEP, indices);
      double sum = 0.0;
      for (int i = 0; i < outputs.length; i++) {
        sum += outputGradient[i] * outputs[i];
      }
      return sum;
    }
  }

  @ParameterizedTest
  @MethodSource("layersAndRows")
  void backwardEqualsFiniteDifferences(LayerSpec spec, Shape shape, int rows) {
    Bench bench = new Bench(spec, shape, rows);
    bench.run();
    double[] parameters = GradientCheck.widen(bench.parameters);
    double[] input = GradientCheck.widen(bench.input);
    for (ParameterWindow window : bench.network.layout().windows()) {
      if (window.role().isTrainable()) {
        double[] approximation =
            GradientCheck.approximate(
                p -> bench.objective(p, input), parameters, window.offset(), window.end());
        assertThat(GradientCheck.difference(bench.gradient, window.offset(), approximation))
            .as(window.name())
            .isLessThan(GradientCheck.THRESHOLD);
      }
    }
    double[] approximation =
        GradientCheck.approximate(x -> bench.objective(parameters, x), input, 0, input.length);
    assertThat(GradientCheck.difference(bench.inputGradient, 0, approximation))
        .as("input")
        .isLessThan(GradientCheck.THRESHOLD);
  }

  @ParameterizedTest
  @MethodSource("layersAndRows")
  void forwardEqualsTheReference(LayerSpec spec, Shape shape, int rows) {
    Bench bench = new Bench(spec, shape, rows);
    ReferenceNetwork reference =
        new ReferenceNetwork(bench.network.specs(), shape, bench.network.layout());
    double[] parameters = GradientCheck.widen(bench.parameters);
    double[] input = GradientCheck.widen(bench.input);
    bench.run();
    assertClose(bench.output, reference.train(parameters, input, rows, SEED, STEP, bench.indices));
    bench.pass.evaluate(bench.parameters, rows);
    bench.layer.forward(bench.pass, bench.buffers, bench.input, bench.output);
    assertClose(bench.output, reference.evaluate(parameters, input, rows));
  }

  private static void assertClose(float[] actual, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .isLessThan(3e-6 * Math.max(1.0, Math.abs(expected[i])));
    }
  }

  @ParameterizedTest
  @MethodSource("layersAndRows")
  void gradientsAreTheSameWhereTheInputsGradientIsNotWanted(LayerSpec spec, Shape shape, int rows) {
    Bench bench = new Bench(spec, shape, rows);
    bench.run();
    float[] expected = bench.gradient.clone();
    Arrays.fill(bench.gradient, Float.NaN);
    bench.layer.forward(bench.pass, bench.buffers, bench.input, bench.output);
    bench.layer.backward(
        bench.pass, bench.buffers, bench.input, bench.output, bench.outputGradient, null);
    assertThat(bench.gradient).isEqualTo(expected);
  }

  @Test
  void plantedErrorIsCaught() {
    for (LayerSpec spec :
        List.of(Samples.dense(4), new LayerSpec.BatchNorm(), new LayerSpec.LayerNorm())) {
      Bench bench = new Bench(spec, Shape.vector(6), 17);
      bench.run();
      double[] parameters = GradientCheck.widen(bench.parameters);
      double[] input = GradientCheck.widen(bench.input);
      for (ParameterWindow window : bench.network.layout().windows()) {
        if (window.role() == Role.RUNNING_MEAN || window.role() == Role.RUNNING_VARIANCE) {
          continue;
        }
        double[] approximation =
            GradientCheck.approximate(
                p -> bench.objective(p, input), parameters, window.offset(), window.end());
        int largest = window.offset();
        for (int i = window.offset(); i < window.end(); i++) {
          largest = Math.abs(bench.gradient[i]) > Math.abs(bench.gradient[largest]) ? i : largest;
        }
        bench.gradient[largest] *= 1.01f;
        assertThat(GradientCheck.difference(bench.gradient, window.offset(), approximation))
            .isGreaterThan(GradientCheck.THRESHOLD);
        bench.gradient[largest] /= 1.01f;
      }
      double[] approximation =
          GradientCheck.approximate(x -> bench.objective(parameters, x), input, 0, input.length);
      for (int i = 0; i < bench.inputGradient.length; i++) {
        bench.inputGradient[i] *= 1.001f;
      }
      assertThat(GradientCheck.difference(bench.inputGradient, 0, approximation))
          .isGreaterThan(GradientCheck.THRESHOLD);
    }
  }
}
