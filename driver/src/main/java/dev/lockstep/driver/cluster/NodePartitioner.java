package dev.lockstep.driver.cluster;

import org.apache.spark.Partitioner;

/** Sends the pieces below one node of the tree, whose index is the key, to one reducer. */
final class NodePartitioner extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int nodes;

  NodePartitioner(int nodes) {
    this.nodes = nodes;
  }

  @Override
  public int numPartitions() {
    return nodes;
  }

  @Override
  public int getPartition(Object key) {
    return (Integer) key;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NodePartitioner partitioner && partitioner.nodes == nodes;
  }

  @Override
  public int hashCode() {
    return nodes;
  }
}
