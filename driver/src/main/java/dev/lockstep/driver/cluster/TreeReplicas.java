package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Replicas as the tasks of one short Spark job a step: hand out the parameters, compute each
 * partition's shards, add up in the fixed tree. Tasks hold no state that matters, so lost
 * executors, retries, speculation and dynamic allocation are Spark's business and change no bit.
 *
 * <p>How parameters and sums travel is a {@link TaskExchange}'s business: by reference where tasks
 * run in the driver's JVM, else over the wire.
 */
public final class TreeReplicas implements Replicas {
  private final ReplicaBlueprint blueprint;
  private final Broadcast<ReplicaBlueprint> sharedBlueprint;
  private final Map<Split, JavaRDD<Shard>> shards;
  private final TaskExchange exchange;

  /**
   * Replicas over distributed shards.
   *
   * @param blueprint the run
   * @param shards all shards of each split that there is, in partitions of contiguous ranges as
   *     {@link ReductionPlan#firstShard} cuts them; they stay the caller's
   */
  public TreeReplicas(
      JavaSparkContext spark, ReplicaBlueprint blueprint, Map<Split, JavaRDD<Shard>> shards) {
    this(spark, blueprint, shards, spark.isLocal());
  }

  /**
   * As above, with the choice of the exchange.
   *
   * @param inThisProcess whether all tasks run in this JVM, so that memory can be shared; false
   *     sends everything, as on a cluster, for measurements and tests of that
   */
  public TreeReplicas(
      JavaSparkContext spark,
      ReplicaBlueprint blueprint,
      Map<Split, JavaRDD<Shard>> shards,
      boolean inThisProcess) {
    this.blueprint = blueprint;
    this.shards = Map.copyOf(shards);
    this.sharedBlueprint = spark.broadcast(blueprint);
    RunHandle run =
        new RunHandle(
            blueprint.runId(),
            sharedBlueprint,
            blueprint.shards(),
            spark.getConf().getInt("spark.task.cpus", 1));
    this.exchange =
        inThisProcess
            ? new SharedMemoryExchange(spark, run)
            : new WireExchange(
                spark,
                run,
                ReductionPlan.of(
                    new ShardTree(blueprint.shards()),
                    partitions(shards),
                    blueprint.network().layout().trainableLength()));
  }

  /** Partitions of the training split; where nothing is trained on, it does not matter. */
  private static int partitions(Map<Split, JavaRDD<Shard>> shards) {
    JavaRDD<Shard> train = shards.get(Split.TRAIN);
    return train == null ? 1 : train.getNumPartitions();
  }

  @Override
  public Contribution compute(ParameterVector parameters, StepPlan step) {
    return exchange.compute(shards.get(Split.TRAIN), parameters, step);
  }

  @Override
  public double broadcastSeconds() {
    return exchange.publishSeconds();
  }

  @Override
  public MetricSums evaluate(ParameterVector parameters, Split split) {
    return exchange.evaluate(shards.get(split), parameters);
  }

  @Override
  public void close() {
    try {
      exchange.close();
    } finally {
      ReplicaHost.forget(blueprint.runId());
      sharedBlueprint.destroy();
    }
  }
}
