package dev.lockstep.trainer.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.ReferenceLoss;
import dev.lockstep.trainer.check.ReferenceNetwork;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Pass;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.network.NetworkBuffers;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 4;
  private static final LossSpec LOSS = new LossSpec.SoftmaxCrossEntropy();

  private final Network withoutBatchNorm =
      new Network(
          List.of(
              Samples.dense(9),
              new LayerSpec.Relu(),
              new LayerSpec.Dropout(0.6),
              Samples.dense(7),
              new LayerSpec.Tanh(),
              Samples.dense(CLASSES)),
          Shape.vector(FEATURES));
  private final Network everyKind = new Network(Samples.everyKind(CLASSES), Shape.vector(FEATURES));
  private final Examples examples = Samples.examples(40, FEATURES, CLASSES, true, 1);

  private static Replica replica(Network network) {
    return new Replica(network, LOSS.bind(CLASSES), 5);
  }

  private static Contribution compute(
      Network network, Examples rows, int[] order, int from, int to, long step) {
    Replica replica = replica(network);
    Contribution contribution = replica.newContribution();
    replica.compute(Samples.parameters(network, 2), rows, order, from, to, step, 1, contribution);
    return contribution;
  }

  @Test
  void gradientOfASliceIsTheSumOverItsRows() {
    int[] order = Samples.inOrder(40);
    Contribution whole = compute(withoutBatchNorm, examples, order, 0, 40, 3);
    double[] sum = new double[whole.gradient().length];
    MetricSums metrics = new MetricSums(0);
    for (int row = 0; row < 40; row++) {
      Contribution one = compute(withoutBatchNorm, examples, order, row, row + 1, 3);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += one.gradient()[i];
      }
      metrics.merge(one.metrics());
    }
    assertThat(GradientCheck.difference(whole.gradient(), 0, sum)).isLessThan(1e-6);
    assertThat(whole.metrics().lossSum()).isCloseTo(metrics.lossSum(), within(1e-5));
    assertThat(whole.metrics().weight()).isCloseTo(metrics.weight(), within(1e-12));
    assertThat(whole.metrics().examples()).isEqualTo(40);
  }

  @Test
  void sliceTakesItsRowsThroughTheOrder() {
    int[] order = {30, 5, 17, 5 + 6, 2};
    Contribution direct = compute(everyKind, examples, order, 1, 4, 3);
    Contribution moved = compute(everyKind, examples, new int[] {5, 17, 11}, 0, 3, 3);
    assertThat(moved.gradient()).isEqualTo(direct.gradient());
    assertThat(direct.metrics().examples()).isEqualTo(3);
  }

  @Test
  void dropoutFollowsTheExampleAndNotItsPlaceInMemory() {
    Examples alone =
        new Examples(
            FEATURES,
            examples.index(20),
            1,
            Arrays.copyOfRange(examples.features(), 20 * FEATURES, 21 * FEATURES),
            new float[] {examples.targets()[20]},
            new float[] {examples.weight(20)});
    int[] order = Samples.inOrder(40);
    Contribution inside = compute(withoutBatchNorm, examples, order, 20, 21, 3);
    Contribution outside = compute(withoutBatchNorm, alone, order, 0, 1, 3);
    assertThat(outside.gradient()).isEqualTo(inside.gradient());
    assertThat(compute(withoutBatchNorm, alone, order, 0, 1, 4).gradient())
        .as("another step, another mask")
        .isNotEqualTo(inside.gradient());
  }

  private static Contribution augmented(Examples rows, int[] order, int from, int to, int epoch) {
    Network network = new Network(List.of(Samples.dense(CLASSES)), new Shape(2, 3, 1));
    double[] scale = new double[FEATURES];
    Arrays.fill(scale, 1.0);
    AugmentationPlan plan =
        new AugmentationPlan(
            List.of(new Augmentation.Shift(1), new Augmentation.Noise(0.5)),
            network.inputShape(),
            new double[FEATURES],
            scale,
            new boolean[FEATURES]);
    Replica replica = new Replica(network, LOSS.bind(CLASSES), 5, plan);
    Contribution contribution = replica.newContribution();
    replica.compute(Samples.parameters(network, 2), rows, order, from, to, 3, epoch, contribution);
    return contribution;
  }

  @Test
  void augmentationFollowsEpochAndExampleAndNotTheMiniBatch() {
    Contribution among = augmented(examples, new int[] {4, 20, 9}, 1, 2, 6);
    assertThat(augmented(examples, Samples.inOrder(40), 20, 21, 6).gradient())
        .isEqualTo(among.gradient());
    assertThat(augmented(examples, Samples.inOrder(40), 20, 21, 7).gradient())
        .isNotEqualTo(among.gradient());
    Contribution sum = augmented(examples, new int[] {4, 20, 9}, 0, 3, 6);
    double[] single = new double[sum.gradient().length];
    for (int row : new int[] {4, 20, 9}) {
      Contribution one = augmented(examples, new int[] {row}, 0, 1, 6);
      for (int i = 0; i < single.length; i++) {
        single[i] += one.gradient()[i];
      }
    }
    assertThat(GradientCheck.difference(sum.gradient(), 0, single)).isLessThan(1e-6);
  }

  @Test
  void augmentationNeverTouchesTheExamplesThemselvesNorAnEvaluation() {
    Network network = new Network(List.of(Samples.dense(CLASSES)), Shape.vector(FEATURES));
    AugmentationPlan noise =
        new AugmentationPlan(
            List.of(new Augmentation.Noise(3)),
            network.inputShape(),
            new double[FEATURES],
            new double[FEATURES],
            new boolean[FEATURES]);
    ParameterVector parameters = Samples.parameters(network, 2);
    float[] before = examples.features().clone();
    Replica noisy = new Replica(network, LOSS.bind(CLASSES), 5, noise);
    Contribution contribution = noisy.newContribution();
    noisy.compute(parameters, examples, Samples.inOrder(40), 0, 40, 1, 1, contribution);
    assertThat(contribution.metrics().lossSum())
        .isNotEqualTo(
            compute(network, examples, Samples.inOrder(40), 0, 40, 1).metrics().lossSum());
    MetricSums evaluated = new MetricSums(0);
    noisy.evaluate(parameters, examples, evaluated);
    MetricSums plain = new MetricSums(0);
    replica(network).evaluate(parameters, examples, plain);
    assertThat(evaluated.lossSum()).isEqualTo(plain.lossSum());
    assertThat(examples.features()).isEqualTo(before);
  }

  @Test
  void weightsScaleTheirExamples() {
    Examples light =
        new Examples(FEATURES, 0, 1, Samples.gaussian(3, FEATURES, 1), new float[] {1}, null);
    Examples heavy =
        new Examples(FEATURES, 0, 1, light.features(), new float[] {1}, new float[] {2});
    Contribution once = compute(withoutBatchNorm, light, new int[] {0}, 0, 1, 1);
    Contribution twice = compute(withoutBatchNorm, heavy, new int[] {0}, 0, 1, 1);
    for (int i = 0; i < once.gradient().length; i++) {
      assertThat(twice.gradient()[i]).isCloseTo(2 * once.gradient()[i], within(1e-6f));
    }
    assertThat(twice.metrics().lossSum()).isEqualTo(2 * once.metrics().lossSum());
    assertThat(twice.metrics().weight()).isEqualTo(2.0);
  }

  @Test
  void noRowsGiveAnEmptyContribution() {
    assertThat(compute(everyKind, examples, new int[0], 0, 0, 1).isEmpty()).isTrue();
  }

  @Test
  void reusedReplicasAndContributionsForgetWhatWasBefore() {
    ParameterVector parameters = Samples.parameters(everyKind, 2);
    int[] order = Samples.inOrder(40);
    Replica reused = replica(everyKind);
    Contribution contribution = reused.newContribution();
    Arrays.fill(contribution.gradient(), Float.NaN);
    for (int[] range : new int[][] {{0, 40}, {3, 4}, {0, 0}, {10, 25}, {0, 40}}) {
      reused.compute(parameters, examples, order, range[0], range[1], 3, 1, contribution);
      if (range[0] < range[1]) {
        Contribution fresh = compute(everyKind, examples, order, range[0], range[1], 3);
        assertThat(contribution.gradient()).isEqualTo(fresh.gradient());
        assertThat(contribution.metrics().lossSum()).isEqualTo(fresh.metrics().lossSum());
        assertThat(contribution.moments()[0].mean()).isEqualTo(fresh.moments()[0].mean());
        assertThat(contribution.moments()[0].count()).isEqualTo(range[1] - range[0]);
      }
      reused.evaluate(parameters, examples, new MetricSums(0));
    }
  }

  @Test
  void evaluationIgnoresDropoutAndUsesRunningStatistics() {
    Examples many = Samples.examples(600, FEATURES, CLASSES, true, 7);
    ParameterVector parameters = Samples.parameters(everyKind, 2);
    MetricSums sums = MetricSums.forSplit(CLASSES);
    replica(everyKind).evaluate(parameters, many, sums);
    ReferenceNetwork reference =
        new ReferenceNetwork(everyKind.specs(), everyKind.inputShape(), everyKind.layout());
    double[] outputs =
        reference.evaluate(
            GradientCheck.widen(parameters.values()), GradientCheck.widen(many.features()), 600);
    double expected = ReferenceLoss.sum(LOSS, outputs, 600, many.targets(), many.weights());
    assertThat(sums.lossSum()).isCloseTo(expected, within(1e-5 * expected));
    assertThat(sums.examples()).isEqualTo(600);
  }

  @Test
  void reportedMomentsAreThoseOfTheBatchNormsInput() {
    Network network =
        new Network(
            List.of(new LayerSpec.BatchNorm(), Samples.dense(CLASSES)), Shape.vector(FEATURES));
    Contribution contribution = compute(network, examples, Samples.inOrder(40), 0, 40, 1);
    double mean = 0.0;
    for (int row = 0; row < 40; row++) {
      mean += examples.features()[row * FEATURES + 2] / 40.0;
    }
    assertThat(contribution.moments()[0].count()).isEqualTo(40);
    assertThat(contribution.moments()[0].mean()[2]).isCloseTo(mean, within(1e-12));
  }

  /**
   * One small array per dropout layer is all; anything allocated for each row would be 16 bytes a
   * row at least.
   */
  @Test
  void stepsAllocateNothingOnceWarm() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    Replica replica = replica(everyKind);
    Contribution contribution = replica.newContribution();
    ParameterVector parameters = Samples.parameters(everyKind, 2);
    int[] order = Samples.inOrder(40);
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 30; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      for (int step = 1; step <= 200; step++) {
        replica.compute(parameters, examples, order, 0, 40, step, 1, contribution);
      }
      least = Math.min(least, (threads.getThreadAllocatedBytes(thread) - before) / 200);
    }
    assertThat(least).isLessThan(4 * 40);
  }

  @Test
  void blocksOfTheWrongSizeAreRefused() {
    assertThatThrownBy(() -> new Examples(3, 0, 1, new float[5], new float[2], null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Examples(3, 0, 1, new float[6], new float[2], new float[1]))
        .isInstanceOf(IllegalArgumentException.class);
    Examples block = new Examples(3, 4, 5, new float[6], new float[2], null);
    assertThat(block.index(1)).isEqualTo(9);
    assertThat(block.weight(1)).isEqualTo(1f);
    assertThat(block.count()).isEqualTo(2);
  }

  @Test
  void anEvaluationOfLargeImagesTakesFewRowsAtOnceAndGivesTheSameSums() {
    Network large =
        new Network(
            List.of(
                new LayerSpec.Conv2d(
                    40, 1, 1, Padding.VALID, LayerSpec.Dense.DEFAULT_INITIALIZER, null),
                new LayerSpec.BatchNorm(),
                new LayerSpec.Residual(List.of(new LayerSpec.Relu()), false),
                new LayerSpec.GlobalAveragePool(),
                Samples.dense(CLASSES)),
            new Shape(128, 128, 3));
    // Of the convolution, batch norm and its normalized values, the block and its layers: 5 times
    // 128 · 128 · 40 values.
    assertThat(large.evaluationRows()).isEqualTo(10);
    assertThat(withoutBatchNorm.evaluationRows()).isEqualTo(Network.MAX_EVALUATION_ROWS);
    Examples images = Samples.examples(13, 128 * 128 * 3, CLASSES, true, 1);
    ParameterVector parameters = Samples.parameters(large, 2);
    MetricSums whole = new MetricSums(CLASSES);
    replica(large).evaluate(parameters, images, whole);
    assertThat(whole.examples()).isEqualTo(13);
    Pass pass = new Pass(large.layout());
    NetworkBuffers buffers = new NetworkBuffers(large, 1, false);
    MetricSums single = new MetricSums(CLASSES);
    for (int row = 0; row < 13; row++) {
      System.arraycopy(
          images.features(),
          row * images.featureCount(),
          buffers.input(),
          0,
          images.featureCount());
      pass.evaluate(parameters.values(), 1);
      large.forward(pass, buffers);
      float[] target = {images.targets()[row]};
      float[] weight = {images.weight(row)};
      LOSS.bind(CLASSES).evaluate(buffers.output(), 1, target, weight, null, single);
    }
    assertThat(whole.lossSum()).isCloseTo(single.lossSum(), within(1e-4));
    assertThat(whole.confusion()).isEqualTo(single.confusion());
  }

  @Test
  void rowsThatNoArrayHoldsAreNamed() {
    Network wide = new Network(List.of(Samples.dense(CLASSES)), Shape.vector(1 << 16));
    assertThatThrownBy(() -> new NetworkBuffers(wide, 1 << 15, true))
        .isInstanceOf(LockstepException.class)
        .hasMessage(
            "32768 examples in one shard of a mini-batch, with 65536 values each between two"
                + " layers, are more than one array holds. Use a smaller training.batchSize or more"
                + " training.shards.");
  }
}
