package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Replicas as the tasks of one short Spark job a step: broadcast the parameters, compute each
 * partition's shards, add up in the fixed tree. Tasks hold no state that matters, so lost
 * executors, retries, speculation and dynamic allocation are Spark's business and change no bit.
 *
 * <p>With few partial sums the tasks answer the driver directly; with many they meet in shuffles
 * first ({@link ReductionPlan}).
 */
public final class TreeReplicas implements Replicas {
  private final JavaSparkContext spark;
  private final ReplicaBlueprint blueprint;
  private final Broadcast<ReplicaBlueprint> sharedBlueprint;
  private final Map<Split, JavaRDD<Shard>> shards;
  private final ShardTree tree;
  private final List<Integer> shuffleLevels;
  private final int threads;
  private double broadcastSeconds;

  /**
   * Replicas over distributed shards.
   *
   * @param blueprint the run
   * @param shards all shards of each split that there is, in partitions of contiguous ranges as
   *     {@link ReductionPlan#firstShard} cuts them; they stay the caller's
   */
  public TreeReplicas(
      JavaSparkContext spark, ReplicaBlueprint blueprint, Map<Split, JavaRDD<Shard>> shards) {
    this.spark = spark;
    this.blueprint = blueprint;
    this.shards = Map.copyOf(shards);
    this.tree = new ShardTree(blueprint.shards());
    this.shuffleLevels =
        ReductionPlan.shuffleLevels(tree, shards.get(Split.TRAIN).getNumPartitions());
    this.threads = spark.getConf().getInt("spark.task.cpus", 1);
    this.sharedBlueprint = spark.broadcast(blueprint);
  }

  @Override
  public Contribution compute(ParameterVector parameters, StepPlan step) {
    long start = System.nanoTime();
    Broadcast<ParameterVector> shared = spark.broadcast(parameters);
    broadcastSeconds = (System.nanoTime() - start) * 1e-9;
    try {
      StepTask task = new StepTask(blueprint.runId(), sharedBlueprint, shared, step, threads);
      JavaRDD<ShardSum<Contribution>> pieces = shards.get(Split.TRAIN).mapPartitions(task);
      for (int level : shuffleLevels) {
        pieces = gather(pieces, level);
      }
      TreeSum<Contribution> sum = new TreeSum<>(tree, merged -> {});
      for (ShardSum<Contribution> piece : pieces.collect()) {
        sum.add(piece.node(), piece.sum());
      }
      if (!shuffleLevels.isEmpty()) {
        pieces.rdd().cleanShuffleDependencies(false);
      }
      return sum.total();
    } finally {
      shared.destroy();
    }
  }

  /** Brings the pieces below each node of {@code level} together and adds them up. */
  private JavaRDD<ShardSum<Contribution>> gather(
      JavaRDD<ShardSum<Contribution>> pieces, int level) {
    return pieces
        .mapToPair(piece -> new Tuple2<>(ReductionPlan.reducer(piece.node(), level), piece))
        .partitionBy(new NodePartitioner(tree.width(level)))
        .mapPartitions(new GatherTask(tree.shards(), level));
  }

  @Override
  public double broadcastSeconds() {
    return broadcastSeconds;
  }

  @Override
  public MetricSums evaluate(ParameterVector parameters, Split split) {
    Broadcast<ParameterVector> shared = spark.broadcast(parameters);
    try {
      TreeSum<MetricSums> sum = new TreeSum<>(tree, merged -> {});
      EvaluationTask task = new EvaluationTask(blueprint.runId(), sharedBlueprint, shared, threads);
      for (ShardSum<MetricSums> piece : shards.get(split).mapPartitions(task).collect()) {
        sum.add(piece.node(), piece.sum());
      }
      return sum.total();
    } finally {
      shared.destroy();
    }
  }

  @Override
  public void close() {
    ReplicaHost.forget(blueprint.runId());
    sharedBlueprint.destroy();
  }
}
