package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shards in threads of one JVM that normalize over the whole mini-batch. */
@Timeout(120)
class SynchronizedMomentsTest {
  private static final int ROWS = 45;
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;

  /** Leaves a mini-batch of one row at the end of an epoch, and shards without rows before. */
  private static final BatchPlan PLAN = new BatchPlan(ROWS, 11, true, 3);

  private static final List<LayerSpec> LAYERS =
      List.of(
          dense(8),
          new BatchNorm(BatchMoments.SYNCHRONIZED),
          new LayerSpec.Tanh(),
          new LayerSpec.Residual(
              List.of(dense(8), new BatchNorm(BatchMoments.SYNCHRONIZED), new LayerSpec.Tanh()),
              false),
          new LayerSpec.Dropout(0.8),
          dense(CLASSES));

  private static LayerSpec dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  private static ReplicaBlueprint blueprint(int shards) {
    return new ReplicaBlueprint(
        "synchronized",
        LAYERS,
        Shape.vector(FEATURES),
        new LossSpec.SoftmaxCrossEntropy(),
        CLASSES,
        5,
        PLAN,
        shards);
  }

  private static List<Shard> shards(int shards) {
    List<Shard> list = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      int count = (ROWS - shard + shards - 1) / shards;
      float[] features = new float[count * FEATURES];
      float[] targets = new float[count];
      for (int row = 0; row < count; row++) {
        int index = shard + row * shards;
        Random random = new Random(index);
        for (int j = 0; j < FEATURES; j++) {
          features[row * FEATURES + j] = (float) random.nextGaussian();
        }
        targets[row] = index % CLASSES;
      }
      list.add(new Shard(shard, new Examples(FEATURES, shard, shards, features, targets, null)));
    }
    return list;
  }

  private static LocalReplicas replicas(int shards, int threads) {
    return new LocalReplicas(blueprint(shards), Map.of(Split.TRAIN, shards(shards)), threads);
  }

  @Test
  void anyNumberOfShardsEqualsOneBigBatch() {
    ParameterVector parameters = blueprint(1).network().initialParameters(9);
    for (int shards : new int[] {3, 5, 13}) {
      try (LocalReplicas one = replicas(1, 1);
          LocalReplicas several = replicas(shards, 2)) {
        for (int step = 1; step <= 2 * PLAN.stepsPerEpoch(); step++) {
          StepPlan plan = StepPlan.of(step, PLAN.stepsPerEpoch());
          Contribution expected = one.compute(parameters, plan);
          Contribution actual = several.compute(parameters, plan);
          assertThat(actual.metrics().examples()).isEqualTo(expected.metrics().examples());
          double loss = expected.metrics().lossSum();
          assertThat(actual.metrics().lossSum()).isCloseTo(loss, within(1e-6 * loss));
          double scale = 0.0;
          for (float value : expected.gradient()) {
            scale = Math.max(scale, Math.abs(value));
          }
          for (int i = 0; i < expected.gradient().length; i++) {
            assertThat((double) actual.gradient()[i])
                .isCloseTo(expected.gradient()[i], within(1e-6 * scale));
          }
        }
        double loss = one.evaluate(parameters, Split.TRAIN).lossSum();
        assertThat(several.evaluate(parameters, Split.TRAIN).lossSum())
            .isCloseTo(loss, within(1e-6 * loss));
      }
    }
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    int shards = 5;
    ParameterVector parameters = blueprint(shards).network().initialParameters(9);
    try (LocalReplicas first = replicas(shards, 1)) {
      for (int threads : new int[] {2, 5, 7}) {
        try (LocalReplicas other = replicas(shards, threads)) {
          for (int step = 1; step <= PLAN.stepsPerEpoch(); step++) {
            StepPlan plan = StepPlan.of(step, PLAN.stepsPerEpoch());
            assertThat(other.compute(parameters, plan).gradient())
                .isEqualTo(first.compute(parameters, plan).gradient());
          }
        }
      }
    }
  }

  /** As a Spark job of short tasks would have it. */
  @Test
  void someOfTheShardsAloneAreRefused() {
    ReplicaBlueprint blueprint = blueprint(5);
    ParameterVector parameters = blueprint.network().initialParameters(9);
    List<Shard> some = shards(5).subList(0, 2);
    try (ReplicaHost host = new ReplicaHost(blueprint, 1);
        ReplicaTeam team = host.borrowTeam(some.size())) {
      assertThat(team.size()).isEqualTo(2);
      assertThatThrownBy(
              () -> host.compute(team, parameters, some, StepPlan.of(1, PLAN.stepsPerEpoch())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("2 of 5 shards", "barrier or local");
    }
  }
}
