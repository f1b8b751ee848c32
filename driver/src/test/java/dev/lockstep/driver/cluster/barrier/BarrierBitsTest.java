package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.cluster.TrainingFixture;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The barrier stage gives the bits of the local replicas, however its tasks are placed. */
class BarrierBitsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void partitionsChangeNothing(int shards) {
    try (JavaSparkContext spark = TrainingFixture.spark("local[5]")) {
      DataSettings digits = TrainingFixture.digits();
      String expected = TrainingFixture.trainLocally(spark, digits, shards, 1);
      for (int partitions : new TreeSet<>(List.of(1, Math.min(2, shards), shards))) {
        for (boolean isolated : List.of(false, true)) {
          assertThat(trainOnBarrier(spark, digits, shards, partitions, isolated))
              .as("%d shards, %d partitions, isolated: %s", shards, partitions, isolated)
              .isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 37})
  void sumsThatMeetInATreeOfStationsGiveTheSameBits(int shards) {
    // Chunks so small that every piece has several.
    try (JavaSparkContext spark =
        TrainingFixture.spark(
            "local[" + shards + "]", Map.of("spark.lockstep.barrier.chunkSize", "2k"))) {
      DataSettings digits = TrainingFixture.digits();
      String expected = TrainingFixture.trainLocally(spark, digits, shards, 2);
      for (int partitions : new TreeSet<>(List.of(4, 6, shards))) {
        assertThat(trainOnBarrier(spark, digits, shards, partitions, true))
            .as("%d partitions", partitions)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void everySplitIsEvaluatedAsLocally() {
    int shards = 6;
    try (JavaSparkContext spark = TrainingFixture.spark("local[6]");
        PreparedData data =
            DataPreparation.prepare(spark, TrainingFixture.digits(), shards, shards)) {
      ReplicaBlueprint blueprint = TrainingFixture.blueprint(data, shards);
      Map<Split, JavaRDD<Shard>> splits = splits(data);
      Map<Split, List<Shard>> collected = new EnumMap<>(Split.class);
      splits.forEach((split, rdd) -> collected.put(split, rdd.collect()));
      ParameterVector parameters = blueprint.network().initialParameters(3);
      for (boolean isolated : List.of(false, true)) {
        try (Replicas local = new LocalReplicas(blueprint, collected, 2);
            Replicas barrier = new BarrierReplicas(spark, blueprint, splits, isolated)) {
          for (Split split : Split.values()) {
            MetricSums expected = local.evaluate(parameters, split);
            MetricSums actual = barrier.evaluate(parameters, split);
            assertThat(actual.examples()).isEqualTo(expected.examples()).isPositive();
            assertThat(actual.lossSum()).isEqualTo(expected.lossSum());
            assertThat(actual.weight()).isEqualTo(expected.weight());
            assertThat(actual.correct()).isEqualTo(expected.correct());
            assertThat(actual.confusion()).isEqualTo(expected.confusion());
            // Work of both kinds may follow on each other.
            assertThat(barrier.compute(parameters, new StepPlan(1, 1, 0)).gradient())
                .isEqualTo(local.compute(parameters, new StepPlan(1, 1, 0)).gradient());
          }
        }
      }
    }
  }

  /** The splits of prepared data, as the program hands them over. */
  static Map<Split, JavaRDD<Shard>> splits(PreparedData data) {
    Map<Split, JavaRDD<Shard>> splits = new EnumMap<>(Split.class);
    splits.put(Split.TRAIN, data.train().shards());
    data.validation().ifPresent(split -> splits.put(Split.VALIDATION, split.shards()));
    data.test().ifPresent(split -> splits.put(Split.TEST, split.shards()));
    return splits;
  }

  private static String trainOnBarrier(
      JavaSparkContext spark, DataSettings settings, int shards, int partitions, boolean isolated) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, shards, partitions)) {
      ReplicaBlueprint blueprint = TrainingFixture.blueprint(data, shards);
      try (BarrierReplicas replicas =
          new BarrierReplicas(spark, blueprint, splits(data), isolated)) {
        String bits = TrainingFixture.train(replicas, blueprint);
        assertThat(replicas.starts()).as("starts of the stage").isEqualTo(1);
        return bits;
      }
    }
  }
}
