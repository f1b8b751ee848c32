package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.reduce.Moments;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerNormLayerTest {
  private final Network network = new Network(List.of(new LayerSpec.LayerNorm()), Shape.vector(4));
  private final Layer layer = network.layers().get(0);
  private final Pass pass = new Pass(network.layout());
  private final LayerBuffers buffers = new LayerBuffers(layer.scratch(), 3);

  /** The row 1, 2, 3, 6: mean 3, biased variance 3.5; y = 1 + 2 (z - 3)/√3.50001. */
  @Test
  void everyRowIsNormalizedByItsOwnMeanAndBiasedVariance() {
    float[] parameters = {2, 2, 2, 2, 1, 1, 1, 1};
    float[] input = {1, 2, 3, 6, 100, 100, 100, 100, 10, 20, 30, 60};
    float[] output = new float[12];
    pass.evaluate(parameters, 3);
    layer.forward(pass, buffers, input, output);
    assertThat(output)
        .containsExactly(
            new float[] {
              -1.1380869f,
              -0.0690434f,
              1f,
              4.2071304f,
              1f,
              1f,
              1f,
              1f,
              -1.1380897f,
              -0.0690449f,
              1f,
              4.207134f
            },
            within(2e-6f));
    float[] trained = new float[12];
    pass.train(parameters, 1, 1, new long[3], 3, new float[8], new Moments[0]);
    layer.forward(pass, buffers, input, trained);
    assertThat(trained).isEqualTo(output);
  }

  @Test
  void initialValuesAreOneForScaleAndZeroForShiftUnderPyTorchsNames() {
    assertThat(network.initialParameters(5).values()).containsExactly(1, 1, 1, 1, 0, 0, 0, 0);
    assertThat(network.layout().windows().stream().map(ParameterWindow::name))
        .containsExactly("0.weight", "0.bias");
  }

  @Test
  void denseLayerBeforeItKeepsItsBias() {
    Network two =
        new Network(List.of(Samples.dense(3), new LayerSpec.LayerNorm()), Shape.vector(2));
    assertThat(two.layout().windows().stream().map(ParameterWindow::name))
        .containsExactly("0.weight", "0.bias", "1.weight", "1.bias");
  }

  @Test
  void imagesAreRefused() {
    assertThatThrownBy(() -> new Network(List.of(new LayerSpec.LayerNorm()), new Shape(2, 3, 4)))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessage(
            "network.layers: layer 0 (layerNorm) takes feature vectors, but its input is images of"
                + " 2x3x4; use batchNorm there, or put flatten before it.");
  }

  @Test
  void constantRowsGiveNoNotANumber() {
    float[] gradient = new float[8];
    float[] output = new float[4];
    float[] inputGradient = new float[4];
    float[] input = {7, 7, 7, 7};
    pass.train(
        new float[] {1, 1, 1, 1, 0, 0, 0, 0}, 1, 1, new long[1], 1, gradient, new Moments[0]);
    layer.forward(pass, buffers, input, output);
    layer.backward(pass, buffers, input, output, new float[] {1, 2, 3, 4}, inputGradient);
    assertThat(output).containsOnly(0f);
    assertThat(gradient).containsExactly(0, 0, 0, 0, 1, 2, 3, 4);
    for (float g : inputGradient) {
      assertThat(g).isFinite();
    }
  }
}
