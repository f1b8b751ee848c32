package dev.lockstep.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.ReferenceLoss;
import dev.lockstep.trainer.check.ReferenceNetwork;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Sigmoid;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.Replica;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of whole networks, through the replica that training uses, against finite differences
 * of the float64 reference.
 */
class NetworkGradientTest {
  private static final int FEATURES = 6;
  private static final long SEED = 99;
  private static final long STEP = 12;

  static List<Arguments> networks() {
    LossSpec softmax = new LossSpec.SoftmaxCrossEntropy();
    LossSpec sigmoid = new LossSpec.SigmoidCrossEntropy();
    LossSpec squares = new LossSpec.MeanSquaredError();
    List<Arguments> cases = new ArrayList<>();
    for (int rows : new int[] {1, 3, 17}) {
      cases.add(Arguments.of(List.of(Samples.dense(3)), softmax, 3, rows));
      cases.add(Arguments.of(Samples.everyKind(4), softmax, 4, rows));
      cases.add(Arguments.of(Samples.everyKind(1), sigmoid, 2, rows));
      cases.add(Arguments.of(Samples.everyKind(1), squares, 0, rows));
      cases.add(
          Arguments.of(
              List.of(
                  new Dropout(0.8),
                  new BatchNorm(),
                  new Tanh(),
                  Samples.dense(8),
                  new BatchNorm(),
                  new Tanh(),
                  Samples.dense(5),
                  new BatchNorm(),
                  new Sigmoid(),
                  Samples.dense(3)),
              softmax,
              3,
              rows));
      cases.add(
          Arguments.of(
              List.of(
                  Samples.dense(12),
                  new Relu(),
                  Samples.dense(2),
                  new Relu(),
                  Samples.dense(10),
                  new Tanh(),
                  Samples.dense(1)),
              squares,
              0,
              rows));
    }
    return cases;
  }

  /** Numbers of rows, and images of another height than width. */
  static List<Arguments> imageNetworks() {
    LossSpec softmax = new LossSpec.SoftmaxCrossEntropy();
    List<Arguments> cases = new ArrayList<>();
    for (int rows : new int[] {1, 3, 17}) {
      cases.add(Arguments.of(Samples.everyImageKind(3), softmax, 3, new Shape(5, 7, 2), rows));
      cases.add(
          Arguments.of(
              List.of(
                  Samples.conv(4),
                  new BatchNorm(),
                  new Relu(),
                  new LayerSpec.MaxPool(2),
                  new LayerSpec.Residual(
                      List.of(
                          Samples.conv(4),
                          new BatchNorm(),
                          new Relu(),
                          Samples.conv(4),
                          new BatchNorm()),
                      false),
                  new Relu(),
                  new LayerSpec.Flatten(),
                  Samples.dense(3)),
              softmax,
              3,
              new Shape(6, 4, 3),
              rows));
      cases.add(
          Arguments.of(
              List.of(
                  Samples.conv(5, 3, 2, Padding.SAME),
                  new Tanh(),
                  new LayerSpec.AveragePool(2),
                  Samples.conv(3, 1, 1, Padding.VALID),
                  new LayerSpec.GlobalAveragePool(),
                  Samples.dense(1)),
              new LossSpec.MeanSquaredError(),
              0,
              new Shape(9, 8, 1),
              rows));
    }
    return cases;
  }

  private static Contribution compute(
      Network network, LossSpec loss, int classes, ParameterVector parameters, Examples examples) {
    Replica replica = new Replica(network, loss.bind(classes), SEED);
    Contribution contribution = replica.newContribution();
    replica.compute(
        parameters,
        examples,
        Samples.inOrder(examples.count()),
        0,
        examples.count(),
        STEP,
        1,
        contribution);
    return contribution;
  }

  private static double[] approximate(
      Network network,
      LossSpec loss,
      ParameterVector parameters,
      Examples examples,
      ParameterWindow window) {
    ReferenceNetwork reference =
        new ReferenceNetwork(network.specs(), network.inputShape(), network.layout());
    double[] input = GradientCheck.widen(examples.features());
    int rows = examples.count();
    long[] indices = new long[rows];
    float[] weights = new float[rows];
    for (int row = 0; row < rows; row++) {
      indices[row] = examples.index(row);
      weights[row] = examples.weight(row);
    }
    return GradientCheck.approximate(
        p ->
            ReferenceLoss.sum(
                loss,
                reference.train(p, input, rows, SEED, STEP, indices),
                rows,
                examples.targets(),
                weights),
        GradientCheck.widen(parameters.values()),
        window.offset(),
        window.end());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void gradientEqualsFiniteDifferences(
      List<LayerSpec> specs, LossSpec loss, int classes, int rows) {
    assertGradients(new Network(specs, Shape.vector(FEATURES)), loss, classes, rows);
  }

  @ParameterizedTest
  @MethodSource("imageNetworks")
  void gradientEqualsFiniteDifferencesOnImages(
      List<LayerSpec> specs, LossSpec loss, int classes, Shape shape, int rows) {
    assertGradients(new Network(specs, shape), loss, classes, rows);
  }

  private static void assertGradients(Network network, LossSpec loss, int classes, int rows) {
    ParameterVector parameters = Samples.parameters(network, 4);
    Examples examples = Samples.examples(rows, network.inputShape().size(), classes, true, 8);
    Contribution contribution = compute(network, loss, classes, parameters, examples);
    for (ParameterWindow window : network.layout().windows()) {
      if (window.role().isTrainable()) {
        double[] approximation = approximate(network, loss, parameters, examples, window);
        assertThat(
                GradientCheck.difference(contribution.gradient(), window.offset(), approximation))
            .as(window.name())
            .isLessThan(GradientCheck.THRESHOLD);
      }
    }
  }

  /**
   * Batch norm takes the mean away again, so a bias before it has the gradient 0: rounding only,
   * which a relative difference cannot judge.
   */
  @Test
  void biasBeforeBatchNormHasNoGradient() {
    LossSpec loss = new LossSpec.SoftmaxCrossEntropy();
    Network network =
        new Network(
            List.of(
                new Dense(5, Dense.DEFAULT_INITIALIZER, true),
                new BatchNorm(),
                new Relu(),
                Samples.dense(3)),
            Shape.vector(FEATURES));
    ParameterVector parameters = Samples.parameters(network, 4);
    Examples examples = Samples.examples(17, FEATURES, 3, false, 8);
    Contribution contribution = compute(network, loss, 3, parameters, examples);
    ParameterWindow bias = network.layout().windows().get(1);
    assertThat(bias.name()).isEqualTo("0.bias");
    double[] approximation = approximate(network, loss, parameters, examples, bias);
    for (int i = 0; i < bias.length(); i++) {
      assertThat(Math.abs(contribution.gradient()[bias.offset() + i])).isLessThan(5e-6f);
      assertThat(Math.abs(approximation[i])).isLessThan(1e-8);
    }
  }
}
