package dev.lockstep.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private static List<String> names(LayerSpec... specs) {
    return new Network(List.of(specs), Shape.vector(4))
        .layout().windows().stream().map(ParameterWindow::name).toList();
  }

  private static Dense dense(Boolean bias) {
    return new Dense(3, Dense.DEFAULT_INITIALIZER, bias);
  }

  @Test
  void denseHasABiasUnlessBatchNormFollowsDirectly() {
    assertThat(names(dense(null))).containsExactly("0.weight", "0.bias");
    assertThat(names(dense(null), new Relu(), new BatchNorm()))
        .startsWith("0.weight", "0.bias", "2.weight");
    assertThat(names(dense(null), new BatchNorm())).startsWith("0.weight", "1.weight");
    assertThat(names(dense(true), new BatchNorm())).startsWith("0.weight", "0.bias", "1.weight");
    assertThat(names(dense(false), new Relu())).containsExactly("0.weight");
  }

  @Test
  void layoutFollowsPyTorchInNamesShapesAndOrder() {
    ParameterLayout layout =
        new Network(
                List.of(
                    Samples.dense(3),
                    new BatchNorm(),
                    new Relu(),
                    new Dropout(0.5),
                    Samples.dense(2),
                    new BatchNorm()),
                Shape.vector(4))
            .layout();
    assertThat(layout.windows())
        .containsExactly(
            new ParameterWindow("0.weight", List.of(3, 4), 0, Role.WEIGHT),
            new ParameterWindow("1.weight", List.of(3), 12, Role.SCALE),
            new ParameterWindow("1.bias", List.of(3), 15, Role.SHIFT),
            new ParameterWindow("1.running_mean", List.of(3), 28, Role.RUNNING_MEAN),
            new ParameterWindow("1.running_var", List.of(3), 31, Role.RUNNING_VARIANCE),
            new ParameterWindow("4.weight", List.of(2, 3), 18, Role.WEIGHT),
            new ParameterWindow("5.weight", List.of(2), 24, Role.SCALE),
            new ParameterWindow("5.bias", List.of(2), 26, Role.SHIFT),
            new ParameterWindow("5.running_mean", List.of(2), 34, Role.RUNNING_MEAN),
            new ParameterWindow("5.running_var", List.of(2), 36, Role.RUNNING_VARIANCE));
    assertThat(layout.trainableLength()).isEqualTo(28);
    assertThat(layout.length()).isEqualTo(38);
  }

  @Test
  void windowsCoverTheVectorWithoutOverlap() {
    ParameterLayout layout = new Network(Samples.everyKind(3), Shape.vector(6)).layout();
    int[] covered = new int[layout.length()];
    for (ParameterWindow window : layout.windows()) {
      for (int i = window.offset(); i < window.end(); i++) {
        covered[i]++;
        assertThat(i < layout.trainableLength()).isEqualTo(window.role().isTrainable());
      }
    }
    assertThat(covered).containsOnly(1);
  }

  @Test
  void shapesFlowFromLayerToLayer() {
    Network network = new Network(Samples.everyKind(3), Shape.vector(6));
    Shape shape = network.inputShape();
    for (var layer : network.layers()) {
      assertThat(layer.inputShape()).isEqualTo(shape);
      shape = layer.outputShape();
    }
    assertThat(shape).isEqualTo(Shape.vector(3));
    assertThat(network.outputs()).isEqualTo(3);
    assertThat(network.batchNormColumns()).containsExactly(9);
  }

  @Test
  void networkWithoutLayersIsRefused() {
    assertThatThrownBy(() -> new Network(List.of(), Shape.vector(1)))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessageContaining("network.layers");
  }

  @Test
  void networkTooLargeForOneArrayIsRefused() {
    assertThatThrownBy(
            () ->
                new Network(
                    List.of(Samples.dense(50_000), Samples.dense(50_000)), Shape.vector(10)))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessageContaining("2500600000 parameters");
  }

  /** 2^16 filters of 2^16 channels and 2^16 by 2^16 weights are 2^64, which a long holds as 0. */
  @Test
  void productsOfSizesDoNotWrapAround() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.WEIGHT, 1 << 16, 1 << 16, 1 << 16, 1 << 16);
    assertThatThrownBy(builder::build)
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("do not fit one array");
  }

  @Test
  void impossibleShapesAreRefused() {
    for (int[] s :
        new int[][] {
          {0, 1, 1},
          {1, -1, 1},
          {1 << 16, 1 << 15, 1},
          {Integer.MAX_VALUE, Integer.MAX_VALUE, 4},
          {1 << 30, 1 << 30, 16}
        }) {
      assertThatThrownBy(() -> new Shape(s[0], s[1], s[2]))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(new Shape(2, 3, 4).size()).isEqualTo(24);
    assertThat(new Shape(2, 3, 4)).hasToString("2x3x4");
    assertThat(Shape.vector(5)).hasToString("5");
  }
}
