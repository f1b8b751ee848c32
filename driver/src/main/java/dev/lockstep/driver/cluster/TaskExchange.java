package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import org.apache.spark.api.java.JavaRDD;

/**
 * How parameters get from the driver to the tasks of a job, and their sums back. Whatever carries
 * them, the additions are those of the same tree, so the bits are the same.
 *
 * <p>Used by one thread at a time.
 */
sealed interface TaskExchange extends AutoCloseable permits SharedMemoryExchange, WireExchange {
  /** {@link Replicas#compute} over the given shards, as one job. */
  Contribution compute(JavaRDD<Shard> shards, ParameterVector parameters, StepPlan step);

  /** {@link Replicas#evaluate} over the given shards, as one job. */
  MetricSums evaluate(JavaRDD<Shard> shards, ParameterVector parameters);

  /** Seconds that the last {@link #compute} spent before its job began. */
  double publishSeconds();

  @Override
  void close();
}
