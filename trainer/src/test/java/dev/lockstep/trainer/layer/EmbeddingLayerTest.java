package dev.lockstep.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec.Embedding;
import dev.lockstep.trainer.layer.LayerSpec.Embedding.Table;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.reduce.Moments;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two tables of two values between numbers: columns number, level of 2, level of 3, number. */
class EmbeddingLayerTest {
  private static final Embedding SPEC = new Embedding(2, List.of(new Table(1, 2), new Table(2, 3)));
  private static final float[] PARAMETERS = {1, 2, 3, 4, 10, 20, 30, 40, 50, 60};

  private final Network network = new Network(List.of(SPEC), Shape.vector(4));
  private final Layer layer = network.layers().get(0);
  private final Pass pass = new Pass(network.layout());
  private final LayerBuffers none = new LayerBuffers(Layer.Scratch.NONE, 0);

  @Test
  void tablesHaveTheNamesAndShapesOfModules() {
    assertThat(network.layout().windows())
        .extracting(ParameterWindow::name)
        .containsExactly("0.tables.0.weight", "0.tables.1.weight");
    assertThat(network.layout().windows())
        .extracting(ParameterWindow::shape)
        .containsExactly(List.of(2, 2), List.of(3, 2));
    assertThat(layer.outputShape()).isEqualTo(Shape.vector(6));
  }

  @Test
  void levelsBecomeTheirVectorsInTheirPlace() {
    float[] input = {7, 1, 0, 8, 9, 0, 2, 6};
    float[] output = new float[12];
    pass.evaluate(PARAMETERS, 2);
    layer.forward(pass, none, input, output);
    assertThat(output).containsExactly(7, 3, 4, 10, 20, 8, 9, 1, 2, 50, 60, 6);
  }

  @Test
  void unknownLevelsAreZeros() {
    float[] output = new float[6];
    Arrays.fill(output, Float.NaN);
    pass.evaluate(PARAMETERS, 1);
    layer.forward(pass, none, new float[] {7, -1, 3, 8}, output);
    assertThat(output).containsExactly(7, 0, 0, 0, 0, 8);
  }

  @Test
  void gradientsOfALevelAddUpAndOthersAreCleared() {
    float[] input = {7, 1, 0, 8, 9, 1, -1, 6};
    float[] gradient = new float[10];
    Arrays.fill(gradient, Float.NaN);
    pass.train(PARAMETERS, 1, 1, new long[2], 2, gradient, new Moments[0]);
    float[] outputGradient = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
    float[] inputGradient = new float[8];
    layer.backward(pass, none, input, new float[12], outputGradient, inputGradient);
    assertThat(gradient).containsExactly(0, 0, 22, 33, 4, 5, 0, 0, 0, 0);
    assertThat(inputGradient).containsExactly(1, 0, 0, 6, 10, 0, 0, 60);
    layer.backward(pass, none, input, new float[12], outputGradient, null);
    assertThat(gradient).containsExactly(0, 0, 22, 33, 4, 5, 0, 0, 0, 0);
  }

  @Test
  void tablesStartAsStandardNormalNumbersThatDiffer() {
    Network large =
        new Network(
            List.of(new Embedding(10, List.of(new Table(0, 500), new Table(1, 500)))),
            Shape.vector(2));
    float[] values = large.initialParameters(3).values();
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += value * value;
    }
    assertThat(sum / values.length).isCloseTo(0, within(0.05));
    assertThat(squares / values.length).isCloseTo(1, within(0.05));
    assertThat(Arrays.copyOfRange(values, 0, 5000))
        .isNotEqualTo(Arrays.copyOfRange(values, 5000, 10_000));
  }

  @Test
  void placesThatDoNotFitAreRefused() {
    Shape vector = Shape.vector(4);
    assertRefused("must be the first", vector, new LayerSpec.Relu(), SPEC);
    assertRefused(
        "network.layers[1].layers[0]: an embedding layer must be the first",
        vector,
        new LayerSpec.Relu(),
        new LayerSpec.Residual(List.of(SPEC), false));
    assertRefused("data.categorical", vector, new Embedding(2, List.of()));
    assertRefused("position 4", vector, new Embedding(2, List.of(new Table(4, 2))));
    assertRefused(
        "position 1", vector, new Embedding(2, List.of(new Table(1, 2), new Table(1, 2))));
    assertRefused("0 levels", vector, new Embedding(2, List.of(new Table(1, 0))));
    assertRefused("2x2x1", new Shape(2, 2, 1), SPEC);
  }

  private static void assertRefused(String word, Shape shape, LayerSpec... layers) {
    assertThatThrownBy(() -> new Network(List.of(layers), shape))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("embedding")
        .hasMessageContaining(word);
  }
}
