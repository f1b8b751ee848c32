package dev.lockstep.trainer.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.NetworkGradientCheck;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.optimizer.UpdateStep.Report;
import dev.lockstep.trainer.optimizer.UpdateWorkspace;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.StatisticsExchange;
import dev.lockstep.trainer.reduce.TreeSum;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Batch norm by the statistics of the whole mini-batch, whatever its shards are. */
@Timeout(60)
class SynchronizedMomentsTest {
  private static final int CLASSES = 3;
  private static final long SEED = 5;
  private static final LossSpec LOSS = new LossSpec.SoftmaxCrossEntropy();

  /** Several such layers, within blocks too; one of them is the first layer. */
  private static final Network VECTORS =
      network(
          List.of(
              new BatchNorm(),
              Samples.dense(9),
              new BatchNorm(),
              new LayerSpec.Tanh(),
              new Residual(
                  List.of(
                      Samples.dense(7), new BatchNorm(), new LayerSpec.Gelu(), Samples.dense(9)),
                  false),
              new LayerSpec.Dropout(0.8),
              Samples.dense(CLASSES)),
          Shape.vector(6));

  private static final Network IMAGES =
      network(Samples.everyImageKind(CLASSES), new Shape(6, 5, 2));

  private static Network network(List<LayerSpec> specs, Shape shape) {
    return new Network(with(BatchMoments.SYNCHRONIZED, specs), shape);
  }

  private static List<LayerSpec> with(BatchMoments moments, List<LayerSpec> specs) {
    List<LayerSpec> changed = new ArrayList<>();
    for (LayerSpec spec : specs) {
      if (spec instanceof BatchNorm) {
        changed.add(new BatchNorm(moments));
      } else if (spec instanceof Residual block) {
        changed.add(new Residual(with(moments, block.layers()), block.projection()));
      } else {
        changed.add(spec);
      }
    }
    return changed;
  }

  /** A mini-batch as one block of rows and as the slices of some shards. */
  private static final class Batch {
    private final Examples examples;
    private final int[] order;
    private final List<Slice> slices = new ArrayList<>();

    /** {@code rows[s]} rows of shard s, from its row {@code start} on. */
    private Batch(Network network, int start, int... rows) {
      int shards = rows.length;
      int rowsOfShard = start + Arrays.stream(rows).max().orElseThrow();
      int width = network.inputShape().size();
      examples = Samples.examples(shards * rowsOfShard, width, CLASSES, true, 17);
      order = new int[Arrays.stream(rows).sum()];
      int next = 0;
      for (int shard = 0; shard < shards; shard++) {
        float[] features = new float[rowsOfShard * width];
        float[] targets = new float[rowsOfShard];
        float[] weights = new float[rowsOfShard];
        for (int row = 0; row < rowsOfShard; row++) {
          int source = shard + row * shards;
          System.arraycopy(examples.features(), source * width, features, row * width, width);
          targets[row] = examples.targets()[source];
          weights[row] = examples.weight(source);
        }
        Examples own =
            new Examples(
                width,
                examples.index(shard),
                shards * examples.indexStride(),
                features,
                targets,
                weights);
        slices.add(new Slice(shard, own, Samples.inOrder(rowsOfShard), start, start + rows[shard]));
        for (int row = start; row < start + rows[shard]; row++) {
          order[next++] = shard + row * shards;
        }
      }
    }
  }

  private static Contribution together(
      Network network, ParameterVector parameters, Batch batch, long step) {
    Replica replica = new Replica(network, LOSS.bind(CLASSES), SEED);
    Contribution contribution = replica.newContribution();
    replica.compute(
        parameters, batch.examples, batch.order, 0, batch.order.length, step, 1, contribution);
    return contribution;
  }

  private static ReplicaTeam team(Network network, int size) {
    return new ReplicaTeam(network, LOSS.bind(CLASSES), SEED, AugmentationPlan.NONE, size);
  }

  private static Contribution inShards(
      ReplicaTeam team,
      Network network,
      ParameterVector parameters,
      List<Slice> slices,
      int shards,
      long step) {
    ShardTree tree = new ShardTree(shards);
    StatisticsExchange exchange =
        new StatisticsExchange(tree, network.statisticsPoints(), Duration.ofSeconds(30));
    TreeSum<Contribution> sum = new TreeSum<>(tree, team::recycle);
    team.compute(parameters, slices, step, 1, exchange, sum);
    return sum.total();
  }

  static List<Arguments> batches() {
    List<Arguments> cases = new ArrayList<>();
    for (Network network : List.of(VECTORS, IMAGES)) {
      cases.add(Arguments.of(network, new int[] {11}));
      cases.add(Arguments.of(network, new int[] {2, 9, 5}));
      cases.add(Arguments.of(network, new int[] {7, 1, 4, 12, 3}));
      cases.add(Arguments.of(network, new int[] {0, 6, 0, 5, 1}));
      cases.add(Arguments.of(network, new int[] {1, 1, 1}));
      cases.add(Arguments.of(network, new int[] {0, 0, 4}));
      cases.add(Arguments.of(network, new int[] {0, 1, 0}));
    }
    return cases;
  }

  /** Largest difference as a share of the largest value. */
  private static double difference(float[] actual, float[] expected) {
    double largest = 0.0;
    double scale = 0.0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) actual[i] - expected[i]));
      scale = Math.max(scale, Math.abs(expected[i]));
    }
    return largest / scale;
  }

  @ParameterizedTest
  @MethodSource("batches")
  void shardsTakeTheStepsOfOneBigBatch(Network network, int[] rows) {
    ParameterVector one = Samples.parameters(network, 2);
    ParameterVector several = Samples.parameters(network, 2);
    Optimizer optimizer = new Optimizer.HeavyBall(0.05, 0.9);
    UpdateStep update =
        new UpdateStep(network.layout(), Regularization.NONE, Double.POSITIVE_INFINITY, optimizer);
    int length = network.layout().trainableLength();
    OptimizerState stateOfOne = optimizer.newState(length);
    OptimizerState stateOfSeveral = optimizer.newState(length);
    long[] none = new long[network.batchNormColumns().length];
    RunningStatistics statisticsOfOne = new RunningStatistics(network.layout(), none.clone());
    RunningStatistics statisticsOfSeveral = new RunningStatistics(network.layout(), none.clone());
    UpdateWorkspace workspace = new UpdateWorkspace(network.layout(), ThreadTeam.ofCaller());
    try (ReplicaTeam team = team(network, rows.length)) {
      for (int step = 1; step <= 6; step++) {
        Batch batch = new Batch(network, 2 * step, rows);
        Contribution expected = together(network, one, batch, step);
        Contribution actual = inShards(team, network, several, batch.slices, rows.length, step);
        Report reportOfOne = update.prepare(expected, one, workspace);
        Report reportOfSeveral = update.prepare(actual, several, workspace);
        assertThat(reportOfSeveral.loss())
            .isCloseTo(reportOfOne.loss(), within(1e-6 * (1 + reportOfOne.loss())));
        assertThat(difference(actual.gradient(), expected.gradient()))
            .as("gradient of step " + step)
            .isLessThan(1e-6);
        update.apply(expected, reportOfOne, one, stateOfOne, 0.05, step, workspace);
        update.apply(actual, reportOfSeveral, several, stateOfSeveral, 0.05, step, workspace);
        statisticsOfOne.move(expected.moments(), one);
        statisticsOfSeveral.move(actual.moments(), several);
        assertThat(difference(several.values(), one.values())).as("step " + step).isLessThan(1e-6);
        // The next step is compared from the same place again: over several steps a mini-batch of a
        // few rows would make the rounding of one grow.
        System.arraycopy(one.values(), 0, several.values(), 0, one.values().length);
        System.arraycopy(stateOfOne.slot(0), 0, stateOfSeveral.slot(0), 0, length);
        team.recycle(actual);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("batches")
  void gradientsThroughSeveralShardsEqualFiniteDifferences(Network network, int[] rows) {
    Network still = new Network(withoutDropout(network.specs()), network.inputShape());
    ParameterVector parameters = Samples.parameters(still, 3);
    Batch batch = new Batch(still, 1, rows);
    Examples all = gathered(batch);
    NetworkGradientCheck check =
        new NetworkGradientCheck(still, LOSS, CLASSES, Regularization.NONE, SEED);
    try (ReplicaTeam team = team(still, rows.length)) {
      NetworkGradientCheck.Gradient gradient =
          (point, examples) -> {
            Contribution total = inShards(team, still, point, batch.slices, rows.length, 1);
            new UpdateStep(
                    still.layout(),
                    Regularization.NONE,
                    Double.POSITIVE_INFINITY,
                    new Optimizer.Sgd(1.0))
                .prepare(total, point, new UpdateWorkspace(still.layout(), ThreadTeam.ofCaller()));
            return total.gradient();
          };
      assertThat(check.check(parameters, all, 1, gradient).difference())
          .isLessThan(GradientCheck.THRESHOLD);
    }
  }

  private static List<LayerSpec> withoutDropout(List<LayerSpec> specs) {
    List<LayerSpec> kept = new ArrayList<>();
    for (LayerSpec spec : specs) {
      if (spec instanceof Residual block) {
        kept.add(new Residual(withoutDropout(block.layers()), block.projection()));
      } else {
        kept.add(spec instanceof LayerSpec.Dropout ? new LayerSpec.Dropout(1.0) : spec);
      }
    }
    return kept;
  }

  /** The rows of a mini-batch alone. */
  private static Examples gathered(Batch batch) {
    int width = batch.examples.featureCount();
    int count = batch.order.length;
    float[] features = new float[count * width];
    float[] targets = new float[count];
    float[] weights = new float[count];
    for (int row = 0; row < count; row++) {
      int source = batch.order[row];
      System.arraycopy(batch.examples.features(), source * width, features, row * width, width);
      targets[row] = batch.examples.targets()[source];
      weights[row] = batch.examples.weight(source);
    }
    return new Examples(width, 0, 1, features, targets, weights);
  }

  @Test
  void ownMomentsWouldNotBeTheSame() {
    int[] rows = {2, 9, 5};
    Network own = new Network(with(BatchMoments.SHARD, VECTORS.specs()), VECTORS.inputShape());
    ParameterVector parameters = Samples.parameters(own, 2);
    Batch batch = new Batch(own, 2, rows);
    assertThat(own.statisticsPoints()).isEmpty();
    try (ReplicaTeam team = team(own, 1)) {
      TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(rows.length), team::recycle);
      team.compute(parameters, batch.slices, 1, 1, sum);
      float[] big = together(own, parameters, batch, 1).gradient();
      assertThat(difference(sum.total().gradient(), big)).isGreaterThan(1e-2);
    }
  }

  @Test
  void oneShardHasTheBitsOfItsOwnMoments() {
    for (Network network : List.of(VECTORS, IMAGES)) {
      Network own = new Network(with(BatchMoments.SHARD, network.specs()), network.inputShape());
      ParameterVector parameters = Samples.parameters(network, 2);
      for (int rows : new int[] {1, 2, 13}) {
        Batch batch = new Batch(network, 0, rows);
        try (ReplicaTeam team = team(network, 1)) {
          Contribution actual = inShards(team, network, parameters, batch.slices, 1, 4);
          Contribution expected = together(own, parameters, batch, 4);
          assertThat(actual.gradient()).isEqualTo(expected.gradient());
          assertThat(actual.metrics().lossSum()).isEqualTo(expected.metrics().lossSum());
        }
      }
    }
  }

  @Test
  void everySizeOfTeamAndOrderOfSlicesGivesTheSameBits() {
    for (Network network : List.of(VECTORS, IMAGES)) {
      ParameterVector parameters = Samples.parameters(network, 2);
      int[] rows = {3, 8, 0, 5, 1};
      Batch batch = new Batch(network, 3, rows);
      List<Slice> reversed = new ArrayList<>(batch.slices);
      Collections.reverse(reversed);
      Contribution first = null;
      for (int size = rows.length; size <= rows.length + 3; size++) {
        try (ReplicaTeam team = team(network, size)) {
          for (int round = 0; round < 20; round++) {
            Contribution total =
                inShards(
                    team,
                    network,
                    parameters,
                    round % 2 == 0 ? batch.slices : reversed,
                    rows.length,
                    1);
            if (first == null) {
              first = total;
            }
            assertThat(total.gradient()).isEqualTo(first.gradient());
            assertThat(total.metrics().lossSum()).isEqualTo(first.metrics().lossSum());
            assertThat(total.moments()[2].squaredDeviations())
                .isEqualTo(first.moments()[2].squaredDeviations());
          }
        }
      }
    }
  }

  @Test
  void aShardThatFailsReleasesTheOthers() {
    ParameterVector parameters = Samples.parameters(VECTORS, 2);
    Batch batch = new Batch(VECTORS, 0, 4, 4, 4);
    try (ReplicaTeam team = team(VECTORS, 3)) {
      for (int broken = 0; broken < 3; broken++) {
        List<Slice> slices = new ArrayList<>(batch.slices);
        Examples examples = slices.get(broken).examples();
        slices.set(broken, new Slice(broken, examples, new int[] {99_999}, 0, 1));
        assertThatThrownBy(() -> inShards(team, VECTORS, parameters, slices, 3, 1))
            .isInstanceOf(IndexOutOfBoundsException.class);
        Contribution whole = inShards(team, VECTORS, parameters, batch.slices, 3, 1);
        assertThat(whole.metrics().examples()).as("the team works on").isEqualTo(12);
      }
    }
  }

  @Test
  void anInterruptedCallerReleasesTheOthersAndStaysInterrupted() {
    ParameterVector parameters = Samples.parameters(VECTORS, 2);
    Batch batch = new Batch(VECTORS, 0, 4, 4, 4);
    try (ReplicaTeam team = team(VECTORS, 3)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> inShards(team, VECTORS, parameters, batch.slices, 3, 1))
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void shardsWithoutThreadsOfTheirOwnOrWithoutAnExchangeAreRefused() {
    ParameterVector parameters = Samples.parameters(VECTORS, 2);
    Batch batch = new Batch(VECTORS, 0, 4, 4, 4);
    try (ReplicaTeam team = team(VECTORS, 2)) {
      assertThatThrownBy(() -> inShards(team, VECTORS, parameters, batch.slices, 3, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("3 shards", "2 threads");
      TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(3), team::recycle);
      assertThatThrownBy(() -> team.compute(parameters, batch.slices, 1, 1, sum))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("exchange");
    }
  }
}
