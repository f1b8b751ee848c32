package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;

/**
 * What one process must know of a run to send and receive its sums.
 *
 * @param tree the run's shards
 * @param parameters number of parameters, running statistics included
 * @param contributions how contributions travel
 * @param metrics how metrics travel
 */
record RunFormats(
    ShardTree tree, int parameters, ContributionFormat contributions, MetricsFormat metrics) {
  static RunFormats of(ReplicaBlueprint blueprint) {
    Network network = blueprint.network();
    return new RunFormats(
        new ShardTree(blueprint.shards()),
        network.layout().length(),
        new ContributionFormat(network),
        new MetricsFormat(MetricSums.forSplit(blueprint.classes()).confusionClasses()));
  }

  /** Bytes of the largest message with this many floats. */
  int messageBytes(int chunkFloats) {
    return PieceMessage.FIXED_BYTES
        + Math.max(contributions.headBytes(), metrics.headBytes())
        + chunkFloats * Float.BYTES;
  }

  /** Bytes of the largest message that may be the first along a connection. */
  int firstMessageBytes(int chunkFloats) {
    return messageBytes(chunkFloats) + tree.shards() * Integer.BYTES;
  }
}
