package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * The exchange between processes: parameters go out as a broadcast, contributions come back as task
 * results, directly or through a shuffle by ranges ({@link ReductionPlan}). The driver adds up what
 * arrives while other results are still on their way, and never holds more than a few of them.
 */
final class WireExchange implements TaskExchange {
  /** Ascending over all runs of this driver, so that any later job has a larger number. */
  private static final AtomicLong ROUNDS = new AtomicLong();

  private final JavaSparkContext spark;
  private final RunHandle run;
  private final ReductionPlan plan;
  private final LateRelease release = new LateRelease();

  /** The gradient of the last sum that came in ranges; its memory is used again. */
  private float[] gradient = new float[0];

  private double publishSeconds;

  WireExchange(JavaSparkContext spark, RunHandle run, ReductionPlan plan) {
    this.spark = spark;
    this.run = run;
    this.plan = plan;
  }

  @Override
  public Contribution compute(JavaRDD<Shard> shards, ParameterVector parameters, StepPlan step) {
    long start = System.nanoTime();
    Broadcast<ParameterVector> shared = spark.broadcast(parameters);
    publishSeconds = (System.nanoTime() - start) * 1e-9;
    try {
      StepTask task =
          new StepTask(run, new BroadcastParameters(shared), ROUNDS.getAndIncrement(), step);
      return plan.isDirect() ? direct(shards, task) : scattered(shards, task);
    } finally {
      release.soon(shared::destroy);
    }
  }

  private Contribution direct(JavaRDD<Shard> shards, StepTask task) {
    TreeSum<Contribution> sum = new TreeSum<>(run.tree(), merged -> {});
    Jobs.run(
        spark,
        shards.rdd(),
        task,
        (partition, pieces) -> {
          for (ShardSum<?> piece : pieces) {
            sum.add(piece.node(), (Contribution) piece.sum());
          }
        });
    return sum.total();
  }

  private Contribution scattered(JavaRDD<Shard> shards, StepTask task) {
    if (gradient.length != plan.length()) {
      gradient = new float[plan.length()];
    }
    JavaPairRDD<Integer, RangeSum> pieces =
        shards
            .mapPartitionsToPair(new ScatterTask(task, plan))
            .partitionBy(new HashPartitioner(plan.ranges()));
    Contribution[] first = new Contribution[1];
    try {
      Jobs.run(
          spark,
          pieces.rdd(),
          new GatherTask(run.shards()),
          (range, part) -> {
            Contribution sum = part.sum();
            System.arraycopy(
                sum.gradient(), 0, gradient, plan.rangeStart(range), sum.gradient().length);
            if (range == 0) {
              first[0] = sum;
            }
          });
    } finally {
      release.soon(() -> pieces.rdd().cleanShuffleDependencies(false));
    }
    Contribution total = new Contribution(first[0].metrics(), gradient, first[0].moments());
    total.addComputeNanos(first[0].computeNanos());
    return total;
  }

  @Override
  public MetricSums evaluate(JavaRDD<Shard> shards, ParameterVector parameters) {
    Broadcast<ParameterVector> shared = spark.broadcast(parameters);
    try {
      return EvaluationTask.run(spark, shards, run, new BroadcastParameters(shared));
    } finally {
      release.soon(shared::destroy);
    }
  }

  @Override
  public double publishSeconds() {
    return publishSeconds;
  }

  @Override
  public void close() {
    release.close();
  }
}
