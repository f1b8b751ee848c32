package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;

/**
 * Computes sums over all shards: the seam between the loop, which knows nothing of clusters, and
 * whatever does the work. Every implementation gives the same bits.
 *
 * <p>Used by one thread at a time. Holds no state that a run depends on: everything in it can be
 * rebuilt from the parameters.
 */
public interface Replicas extends AutoCloseable {
  /**
   * The sum over all shards of one mini-batch's contributions.
   *
   * @param parameters θ; not changed by anyone until this call returns
   * @param step which mini-batch
   * @return valid until the next call; the caller may overwrite its gradient
   */
  Contribution compute(ParameterVector parameters, StepPlan step);

  /**
   * Seconds that the last {@link #compute} spent on handing out the parameters before any work
   * began.
   */
  double broadcastSeconds();

  /** Loss and metrics of a whole split, without dropout and with running statistics. */
  MetricSums evaluate(ParameterVector parameters, Split split);

  /**
   * Nobody waits for results any more: what waits for others fails soon, and so may all further
   * work. On any thread, and more than once. Spark jobs of the caller's thread are canceled by
   * whoever calls this, and work of this JVM's own threads comes to its end.
   */
  default void cancel() {}

  /** Releases threads, cached data and cluster resources. */
  @Override
  void close();
}
