package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.TreeReplicas;
import dev.lockstep.driver.cluster.barrier.BarrierReplicas;
import dev.lockstep.trainer.parallel.ThreadTeam;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One way of computing steps that is compared with the others.
 *
 * @param name as in tables
 * @param holdsSlots whether all of its tasks run at once and stay while it is open, so that nothing
 *     else can run
 * @param opener from a run and its data to replicas
 */
record Contender(String name, boolean holdsSlots, Opener opener) {
  /** The base of every comparison: threads of the driver. */
  static final Contender LOCAL =
      new Contender(
          "local",
          false,
          (spark, blueprint, shards, team) ->
              new LocalReplicas(blueprint, Map.of(Split.TRAIN, shards.collect()), team));

  /** One Spark job a step. */
  static final Contender TREE =
      new Contender(
          "tree",
          false,
          (spark, blueprint, shards, team) ->
              new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, shards)));

  /** One long-lived stage. */
  static final Contender BARRIER =
      new Contender(
          "barrier",
          true,
          (spark, blueprint, shards, team) ->
              new BarrierReplicas(spark, blueprint, Map.of(Split.TRAIN, shards)));

  /** Those that are compared with {@link #LOCAL}. */
  static final List<Contender> DISTRIBUTED = List.of(TREE, BARRIER);

  /** Makes replicas over shards in the executors' memory, or on the driver's threads. */
  interface Opener {
    Replicas open(
        JavaSparkContext spark, ReplicaBlueprint blueprint, JavaRDD<Shard> shards, ThreadTeam team);
  }

  /** Tasks that run at once, and threads of the driver that stand for them. */
  static int slots(JavaSparkContext spark) {
    return spark.defaultParallelism();
  }

  /** Whether it works with this many partitions. */
  boolean fits(JavaSparkContext spark, int partitions) {
    return !holdsSlots || partitions <= slots(spark);
  }
}
