package dev.lockstep.datasets.pack;

import java.io.Serializable;

/**
 * Which shard lies in which partition, and how many rows it has. Partition p holds the shards
 * ⌊pS/P⌋ … ⌊(p+1)S/P⌋-1.
 *
 * @param shards S, at least 1
 * @param partitions P, at least 1
 */
record ShardGrid(int shards, int partitions) implements Serializable {
  ShardGrid {
    if (shards < 1 || partitions < 1) {
      throw new IllegalArgumentException(
          "shards and partitions must be at least 1, not " + shards + " and " + partitions);
    }
  }

  /** The first shard of a partition; of P it is S. */
  int firstShard(int partition) {
    return (int) ((long) partition * shards / partitions);
  }

  /** The partition of a shard. */
  int partitionOf(int shard) {
    return (int) (((shard + 1L) * partitions - 1) / shards);
  }

  /** Number of the rows s, s+S, s+2S, … below n. */
  long rowsOf(int shard, long examples) {
    return (examples - shard + shards - 1) / shards;
  }
}
