package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.ShardTree;
import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;

/**
 * What a task carries to find the memory of its run on the machine where it is: a few hundred
 * bytes, however large the model.
 *
 * @param runId the run
 * @param blueprint fetched where the run has no {@link ReplicaHost} yet
 * @param shards of the run
 * @param threads on which one task works through its shards
 */
record RunHandle(String runId, Broadcast<ReplicaBlueprint> blueprint, int shards, int threads)
    implements Serializable {
  /** The run's memory in this JVM. */
  ReplicaHost host() {
    return ReplicaHost.of(runId, blueprint::value, threads);
  }

  /** The order of all sums over shards. */
  ShardTree tree() {
    return new ShardTree(shards);
  }
}
