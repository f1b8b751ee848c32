package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.reduce.Moments;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchNormLayerTest {
  private final Network network = new Network(List.of(new LayerSpec.BatchNorm()), Shape.vector(2));
  private final BatchNormLayer layer = (BatchNormLayer) network.layers().get(0);
  private final Pass pass = new Pass(network.layout());
  private final LayerBuffers buffers = new LayerBuffers(layer.scratch(), 4);
  private final Moments[] moments = {new Moments(2)};
  private final float[] gradient = new float[4];

  private void train(float[] parameters, int rows, float[] input, float[] output) {
    pass.train(parameters, 1, 1, new long[rows], rows, gradient, moments);
    layer.forward(pass, buffers, input, output);
  }

  /**
   * Column 0 is 1, 2, 3, 6: mean 3, M2 14, biased variance 3.5. γ = 2, β = 1, so y = 1 +
   * 2·(x-3)/√3.50001.
   */
  @Test
  void trainingUsesTheSlicesOwnMeanAndBiasedVarianceAndReportsMoments() {
    float[] parameters = {2, 1, 1, 0, 100, 100, 100, 100};
    float[] input = {1, 5, 2, 5, 3, 5, 6, 5};
    float[] output = new float[8];
    train(parameters, 4, input, output);
    assertThat(output[0]).isCloseTo(-1.1380869f, within(1e-6f));
    assertThat(output[6]).isCloseTo(4.2071304f, within(1e-6f));
    assertThat(output[1]).as("a constant column gives β").isEqualTo(0f);
    assertThat(moments[0].count()).isEqualTo(4);
    assertThat(moments[0].mean()).containsExactly(3, 5);
    assertThat(moments[0].squaredDeviations()).containsExactly(14, 0);
  }

  /**
   * Column 0 is 1, 2, 3, 6 with dy = 1, 0, 0, 0: ẑ = -2/√3.50001 = -1.0690434, so dβ = 1, dγ =
   * -1.0690434 and dz = 2/√3.50001 · (dy - 1/4 + 1.0690434 ẑ/4). Column 1, with dy = 0 throughout,
   * has no gradient.
   */
  @Test
  void trainingGradientsWorkedByHand() {
    float[] parameters = {2, 1, 1, 0, 100, 100, 100, 100};
    float[] input = {1, 5, 2, 6, 3, 7, 6, 8};
    float[] output = new float[8];
    train(parameters, 4, input, output);
    float[] inputGradient = new float[8];
    layer.backward(
        pass, buffers, input, output, new float[] {1, 0, 0, 0, 0, 0, 0, 0}, inputGradient);
    assertThat(gradient).containsExactly(new float[] {-1.0690434f, 0, 1, 0}, within(1e-6f));
    assertThat(inputGradient)
        .containsExactly(
            new float[] {0.4963425f, 0, -0.4199809f, 0, -0.2672609f, 0, 0.1908993f, 0},
            within(1e-6f));
  }

  /** Running mean 10, running variance 4: y = 2·(13-10)/√4.00001 + 1. */
  @Test
  void oneRowUsesTheRunningStatisticsAndStillReportsItsMoments() {
    float[] parameters = {2, 2, 1, 1, 10, 10, 4, 4};
    float[] output = new float[2];
    train(parameters, 1, new float[] {13, 10}, output);
    assertThat(output[0]).isCloseTo(3.9999962f, within(1e-6f));
    assertThat(output[1]).isEqualTo(1f);
    assertThat(moments[0].count()).isEqualTo(1);
    assertThat(moments[0].mean()).containsExactly(13, 10);
    assertThat(moments[0].squaredDeviations()).containsExactly(0, 0);
    float[] inputGradient = new float[2];
    layer.backward(pass, buffers, new float[] {13, 10}, output, new float[] {1, 1}, inputGradient);
    assertThat(inputGradient[0]).isCloseTo(0.9999987f, within(1e-6f));
    assertThat(gradient).doesNotContain(Float.NaN);
    assertThat(gradient[0]).isCloseTo(1.4999981f, within(1e-6f));
    assertThat(gradient[2]).isEqualTo(1f);
  }

  @Test
  void constantColumnsGiveNoNotANumber() {
    float[] output = new float[6];
    train(new float[] {1, 1, 0, 0, 0, 0, 1, 1}, 3, new float[] {4, 0, 4, 0, 4, 0}, output);
    float[] inputGradient = new float[6];
    layer.backward(
        pass, buffers, new float[6], output, new float[] {1, 2, 3, 4, 5, 6}, inputGradient);
    assertThat(output).containsOnly(0f);
    for (float g : inputGradient) {
      assertThat(g).isFinite();
    }
  }

  @Test
  void initialValuesAreOneForScaleAndVarianceAndZeroElse() {
    assertThat(network.initialParameters(5).values()).containsExactly(1, 1, 0, 0, 0, 0, 1, 1);
  }

  /** Many rows of few columns, rows wider than a tile, a tile that ends with the values. */
  @ParameterizedTest
  @CsvSource({"211, 3", "3, 300", "6, 128", "514, 1"})
  void everyValueFollowsTheFormula(int rows, int wide) {
    Network many = new Network(List.of(new LayerSpec.BatchNorm()), Shape.vector(wide));
    Layer normalization = many.layers().get(0);
    LayerBuffers memory = new LayerBuffers(normalization.scratch(), rows);
    float[] parameters = Samples.gaussian(1, many.layout().length(), 1);
    for (int j = 3 * wide; j < 4 * wide; j++) {
      parameters[j] = 1 + Math.abs(parameters[j]);
    }
    float[] input = Samples.gaussian(2, rows * wide, 3);
    float[] outputGradient = Samples.gaussian(3, rows * wide, 1);
    float[] output = new float[rows * wide];
    float[] inputGradient = new float[rows * wide];
    float[] found = new float[2 * wide];
    Moments seen = new Moments(wide);
    Pass through = new Pass(many.layout());
    through.train(parameters, 1, 1, new long[rows], rows, found, new Moments[] {seen});
    normalization.forward(through, memory, input, output);
    normalization.backward(through, memory, input, output, outputGradient, inputGradient);
    float[] evaluated = new float[rows * wide];
    through.evaluate(parameters, rows);
    normalization.forward(through, memory, input, evaluated);
    for (int j = 0; j < wide; j++) {
      double mean = 0.0;
      for (int k = j; k < input.length; k += wide) {
        mean += input[k] / (double) rows;
      }
      double squares = 0.0;
      for (int k = j; k < input.length; k += wide) {
        squares += (input[k] - mean) * (input[k] - mean);
      }
      assertThat(seen.mean()[j]).isCloseTo(mean, within(1e-12));
      assertThat(seen.squaredDeviations()[j]).isCloseTo(squares, within(1e-12 * squares));
      double root = Math.sqrt(squares / rows + BatchNormLayer.EPSILON);
      double shift = 0.0;
      double scale = 0.0;
      for (int k = j; k < input.length; k += wide) {
        shift += outputGradient[k];
        scale += outputGradient[k] * (input[k] - mean) / root;
      }
      assertThat((double) found[j]).isCloseTo(scale, within(1e-4));
      assertThat((double) found[wide + j]).isCloseTo(shift, within(1e-5));
      double gamma = parameters[j];
      double beta = parameters[wide + j];
      double running = Math.sqrt(parameters[3 * wide + j] + BatchNormLayer.EPSILON);
      for (int k = j; k < input.length; k += wide) {
        double normalized = (input[k] - mean) / root;
        assertThat((double) output[k]).isCloseTo(gamma * normalized + beta, within(1e-5));
        assertThat((double) evaluated[k])
            .isCloseTo(
                gamma * (input[k] - parameters[2 * wide + j]) / running + beta, within(1e-5));
        assertThat((double) inputGradient[k])
            .isCloseTo(
                gamma / root * (outputGradient[k] - shift / rows - normalized * scale / rows),
                within(1e-4));
      }
    }
  }
}
