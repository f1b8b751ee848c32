package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.replica.Examples;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A small run over rows drawn at random, without reading data.
 *
 * @param shards logical shards
 * @param layers the network's
 * @param batchSize of the whole mini-batch
 */
record GeneratedRun(int shards, List<LayerSpec> layers, int batchSize) {
  static final int ROWS = 300;
  static final int FEATURES = 6;
  static final int CLASSES = 3;

  /** A run of a small network with batch norm and dropout. */
  static GeneratedRun of(int shards) {
    return new GeneratedRun(
        shards,
        List.of(
            dense(16),
            new BatchNorm(BatchMoments.SHARD),
            new LayerSpec.Tanh(),
            new LayerSpec.Dropout(0.8),
            dense(CLASSES)),
        90);
  }

  static LayerSpec dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  private BatchPlan plan() {
    return new BatchPlan(ROWS, batchSize, true, 3);
  }

  StepPlan step(long step) {
    return StepPlan.of(step, plan().stepsPerEpoch());
  }

  ReplicaBlueprint blueprint() {
    return new ReplicaBlueprint(
        UUID.randomUUID().toString(),
        layers,
        Shape.vector(FEATURES),
        new LossSpec.SoftmaxCrossEntropy(),
        CLASSES,
        5,
        plan(),
        shards);
  }

  List<Shard> list() {
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

  JavaRDD<Shard> distributed(JavaSparkContext spark, int partitions) {
    return spark.parallelize(list(), partitions);
  }

  LocalReplicas local() {
    return new LocalReplicas(blueprint(), Map.of(Split.TRAIN, list()), 1);
  }

  BarrierReplicas barrier(JavaSparkContext spark, int partitions, boolean isolated) {
    return barrier(spark, distributed(spark, partitions), isolated);
  }

  BarrierReplicas barrier(JavaSparkContext spark, JavaRDD<Shard> train, boolean isolated) {
    return new BarrierReplicas(spark, blueprint(), Map.of(Split.TRAIN, train), isolated);
  }

  /** Parameters to begin with; they are changed by {@link #digest}. */
  ParameterVector parameters() {
    return blueprint().network().initialParameters(9);
  }

  /** Does something between two steps. */
  interface Between {
    void before(long step) throws Exception;
  }

  /**
   * Takes steps of plain gradient descent; returns a hash of all gradients, moments and losses on
   * the way.
   */
  static long digest(Replicas replicas, GeneratedRun run, long steps, Between between)
      throws Exception {
    ParameterVector parameters = run.parameters();
    long digest = 1;
    for (long step = 1; step <= steps; step++) {
      between.before(step);
      Contribution total = replicas.compute(parameters, run.step(step));
      digest = 31 * digest + Arrays.hashCode(total.gradient());
      digest = 31 * digest + Double.hashCode(total.metrics().lossSum());
      for (Moments moments : total.moments()) {
        digest = 31 * digest + Arrays.hashCode(moments.mean());
        digest = 31 * digest + Arrays.hashCode(moments.squaredDeviations());
      }
      for (int i = 0; i < total.gradient().length; i++) {
        parameters.values()[i] -= 0.001f * total.gradient()[i];
      }
    }
    return digest;
  }

  /** The digest of the local replicas. */
  long expected(long steps) throws Exception {
    try (LocalReplicas replicas = local()) {
      return digest(replicas, this, steps, step -> {});
    }
  }
}
