package dev.lockstep.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.check.TensorCheck.Verdict;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.GlobalAveragePool;
import dev.lockstep.trainer.layer.LayerSpec.MaxPool;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.replica.Examples;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkGradientCheckTest {
  private static final LossSpec SOFTMAX = new LossSpec.SoftmaxCrossEntropy();
  private static final Regularization PENALTY = new Regularization(0.01, 0.1);
  private static final long SEED = 6;

  private static final List<LayerSpec> CONVOLUTIONAL =
      List.of(
          Samples.conv(4),
          new BatchNorm(),
          new Relu(),
          new MaxPool(2),
          new Residual(List.of(Samples.conv(4), new Dropout(0.5), new Tanh()), false),
          new Flatten(),
          new Dropout(0.5),
          Samples.dense(3));

  private static GradientReport check(Network network, Examples examples, Regularization penalty) {
    return new NetworkGradientCheck(network, SOFTMAX, 3, penalty, SEED)
        .check(network.initialParameters(SEED), examples, 2);
  }

  private static Examples examples(Network network, int rows) {
    return Samples.examples(rows, network.inputShape().size(), 3, true, 5);
  }

  @Test
  void rightGradientsAgree() {
    Network dense =
        new Network(
            List.of(Samples.dense(30), new Relu(), new Dropout(0.5), Samples.dense(3)),
            Shape.vector(12));
    GradientReport report = check(dense, examples(dense, 20), PENALTY);
    assertThat(report.agrees()).isTrue();
    assertThat(report.difference()).isLessThan(5e-6);
    assertThat(report.tensors())
        .extracting(TensorCheck::name)
        .containsExactly("0.weight", "0.bias", "3.weight", "3.bias");
    assertThat(report.tensors().get(0).checked() + report.tensors().get(0).atKink())
        .isEqualTo(NetworkGradientCheck.SAMPLES);
    Network images = new Network(CONVOLUTIONAL, new Shape(8, 7, 2));
    GradientReport onImages = check(images, examples(images, 9), Regularization.NONE);
    assertThat(onImages.agrees()).isTrue();
    assertThat(onImages.tensors()).allMatch(tensor -> tensor.verdict() == Verdict.AGREES);
    assertThat(onImages.checked()).isGreaterThan(20 * onImages.atKink());
  }

  @Test
  void rightGradientsAgreeUnderEveryLoss() {
    Network classifier =
        new Network(List.of(Samples.dense(5), new Tanh(), Samples.dense(3)), Shape.vector(6));
    LossSpec weighted = new LossSpec.SoftmaxCrossEntropy(0.1, List.of(1.0, 5.0, 0.25));
    assertThat(
            new NetworkGradientCheck(classifier, weighted, 3, PENALTY, SEED)
                .check(classifier.initialParameters(SEED), examples(classifier, 20), 2)
                .agrees())
        .isTrue();
    Network single =
        new Network(List.of(Samples.dense(5), new Tanh(), Samples.dense(1)), Shape.vector(6));
    assertThat(
            new NetworkGradientCheck(single, new LossSpec.SigmoidCrossEntropy(), 2, PENALTY, SEED)
                .check(single.initialParameters(SEED), Samples.examples(20, 6, 2, true, 5), 2)
                .agrees())
        .isTrue();
    for (LossSpec loss : List.of(new LossSpec.MeanSquaredError(), new LossSpec.Huber(0.5))) {
      assertThat(
              new NetworkGradientCheck(single, loss, 0, PENALTY, SEED)
                  .check(single.initialParameters(SEED), Samples.examples(20, 6, 0, true, 5), 2)
                  .agrees())
          .as(loss.kind())
          .isTrue();
    }
  }

  /** Of a table with thousands of levels a mini-batch uses few: those must be among the sample. */
  @Test
  void aLargeTableIsCheckedWhereTheMiniBatchUsesIt() {
    LayerSpec.Embedding.Table small = new LayerSpec.Embedding.Table(0, 3);
    LayerSpec.Embedding.Table large = new LayerSpec.Embedding.Table(2, 9_000);
    Network network =
        new Network(
            List.of(
                new LayerSpec.Embedding(4, List.of(small, large)), new Tanh(), Samples.dense(3)),
            Shape.vector(3));
    Examples examples = examples(network, 6);
    for (int row = 0; row < examples.count(); row++) {
      examples.features()[3 * row] = row % 3;
      examples.features()[3 * row + 2] = row == 0 ? -1 : 8_999 - 7 * row;
    }
    ParameterVector parameters = network.initialParameters(SEED);
    NetworkGradientCheck check =
        new NetworkGradientCheck(network, SOFTMAX, 3, Regularization.NONE, SEED);
    assertThat(check.check(parameters, examples, 2).agrees()).isTrue();
    ParameterWindow table = network.layout().windows().get(1);
    assertThat(table.name()).isEqualTo("0.tables.1.weight");
    GradientReport report =
        check.check(
            parameters,
            examples,
            2,
            (point, rows) -> {
              float[] gradient = check.trainingGradient(point, rows);
              for (int i = table.offset(); i < table.end(); i++) {
                gradient[i] *= 1.005f;
              }
              return gradient;
            });
    assertThat(report.tensors().get(1).verdict()).isEqualTo(Verdict.DIFFERS);
    assertThat(report.tensors().get(1).checked()).isGreaterThan(NetworkGradientCheck.SAMPLES / 2);
  }

  /** Each tensor in turn gets a gradient that is half a percent too large. */
  @Test
  void plantedErrorsAreCaught() {
    Network network = new Network(CONVOLUTIONAL, new Shape(6, 6, 2));
    ParameterVector parameters = network.initialParameters(SEED);
    Examples examples = examples(network, 7);
    NetworkGradientCheck check = new NetworkGradientCheck(network, SOFTMAX, 3, PENALTY, SEED);
    for (ParameterWindow window : network.layout().windows()) {
      if (!window.role().isTrainable()) {
        continue;
      }
      GradientReport report =
          check.check(
              parameters,
              examples,
              2,
              (point, rows) -> {
                float[] gradient = check.trainingGradient(point, rows);
                for (int i = window.offset(); i < window.end(); i++) {
                  gradient[i] *= 1.005f;
                }
                return gradient;
              });
      assertThat(report.agrees()).as(window.name()).isFalse();
      assertThat(report.tensors())
          .filteredOn(tensor -> tensor.verdict() == Verdict.DIFFERS)
          .extracting(TensorCheck::name)
          .containsExactly(window.name());
    }
  }

  @Test
  void gradientThatIsNoNumberDiffers() {
    Network network = new Network(List.of(Samples.dense(3)), Shape.vector(2));
    GradientReport report =
        new NetworkGradientCheck(network, SOFTMAX, 3, PENALTY, SEED)
            .check(
                network.initialParameters(SEED),
                examples(network, 4),
                1,
                (point, rows) -> {
                  float[] gradient = new float[network.layout().trainableLength()];
                  gradient[0] = Float.NaN;
                  return gradient;
                });
    assertThat(report.agrees()).isFalse();
  }

  /** A bias before batch norm moves nothing; what is left of its gradient is rounding. */
  @Test
  void gradientThatIsZeroByStructureDoesNotFail() {
    Network network =
        new Network(
            List.of(
                new Conv2d(4, 3, 1, Padding.SAME, Dense.DEFAULT_INITIALIZER, true),
                new BatchNorm(),
                new Tanh(),
                new Flatten(),
                Samples.dense(3)),
            new Shape(5, 5, 2));
    GradientReport report = check(network, examples(network, 12), Regularization.NONE);
    assertThat(report.agrees()).isTrue();
    assertThat(report.tensors().get(1).name()).isEqualTo("0.bias");
    assertThat(report.tensors().get(1).verdict()).isEqualTo(Verdict.ZERO);
  }

  /** All units of the first layer sit at relu's kink: nothing can be said of them. */
  @Test
  void elementsAtAKinkAreLeftOutAndCounted() {
    Network network =
        new Network(
            List.of(new Dense(4, new Initializer.Zeros(), null), new Relu(), Samples.dense(3)),
            Shape.vector(5));
    GradientReport report = check(network, examples(network, 8), Regularization.NONE);
    assertThat(report.agrees()).isTrue();
    assertThat(report.tensors().get(0).verdict()).isEqualTo(Verdict.UNCHECKED);
    assertThat(report.tensors().get(0).atKink()).isEqualTo(20);
    assertThat(report.tensors().get(3).verdict()).isEqualTo(Verdict.AGREES);
    assertThat(report.atKink()).isGreaterThanOrEqualTo(24);
  }

  /** Curvature makes the slopes on both sides differ too, but that is no reason to look away. */
  @Test
  void curvatureIsNotTakenForAKink() {
    Network network = new Network(List.of(Samples.dense(1)), Shape.vector(1));
    ParameterVector parameters = new ParameterVector(new float[] {0.001f, 0f});
    Examples examples = new Examples(1, 0, 1, new float[] {1000, -1000}, new float[2], null);
    GradientReport report =
        new NetworkGradientCheck(
                network, new LossSpec.MeanSquaredError(), 0, Regularization.NONE, SEED)
            .check(parameters, examples, 1);
    assertThat(report.tensors().get(0).checked()).isEqualTo(1);
    assertThat(report.agrees()).isTrue();
  }

  @Test
  void reportIsTheSameForEveryNumberOfThreads() {
    Network network = new Network(CONVOLUTIONAL, new Shape(6, 6, 2));
    NetworkGradientCheck check = new NetworkGradientCheck(network, SOFTMAX, 3, PENALTY, SEED);
    ParameterVector parameters = network.initialParameters(SEED);
    Examples examples = examples(network, 5);
    assertThat(check.check(parameters, examples, 3))
        .isEqualTo(check.check(parameters, examples, 1));
  }

  /**
   * Two convolutions on 50x50 pixels with 27·8 = 216 and 72·64 = 4608 weights and a dense layer of
   * 64·3: 208 elements of the first in passes of 12,060,192 products a row, 264 of the second in
   * passes of 11,520,192 and 195 of the last in passes of 192. Twice that is 1.11e10 a row; on
   * 100x100 pixels it is four times as much.
   */
  @Test
  void expensiveNetworksGetFewerRows() {
    List<LayerSpec> layers =
        List.of(Samples.conv(8), Samples.conv(64), new GlobalAveragePool(), Samples.dense(3));
    assertThat(affordableRows(layers, 100, 1000)).isEqualTo(4);
    assertThat(affordableRows(layers, 100, 3)).isEqualTo(3);
    assertThat(affordableRows(layers, 50, 1000)).isEqualTo(9);
    assertThat(affordableRows(layers, 50, 8)).isEqualTo(8);
  }

  private static int affordableRows(List<LayerSpec> layers, int side, int most) {
    Network network = new Network(layers, new Shape(side, side, 3));
    return new NetworkGradientCheck(network, SOFTMAX, 3, PENALTY, SEED).affordableRows(most);
  }

  @Test
  void passFromALayerOnIsTheWholePass() {
    Network network = new Network(CONVOLUTIONAL, new Shape(6, 6, 2));
    ReferenceNetwork reference =
        new ReferenceNetwork(network.specs(), network.inputShape(), network.layout());
    double[] point = GradientCheck.widen(network.initialParameters(SEED).values());
    double[] input = GradientCheck.widen(examples(network, 5).features());
    long[] indices = {4, 3, 2, 1, 0};
    ReferenceNetwork.KeptPass kept = reference.trainAndKeep(point, input, 5, SEED, 1, indices);
    assertThat(kept.outputs()).isEqualTo(reference.train(point, input, 5, SEED, 1, indices));
    for (ParameterWindow window : network.layout().windows()) {
      if (window.role().isTrainable()) {
        double[] moved = point.clone();
        moved[window.offset()] += 0.5;
        int layer = window.name().charAt(0) - '0';
        double[] outputs = reference.trainFrom(kept, layer, moved);
        assertThat(outputs)
            .as(window.name())
            .isEqualTo(reference.train(moved, input, 5, SEED, 1, indices))
            .isNotEqualTo(kept.outputs());
      }
    }
  }
}
