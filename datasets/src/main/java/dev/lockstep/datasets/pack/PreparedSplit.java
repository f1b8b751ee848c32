package dev.lockstep.datasets.pack;

import org.apache.spark.api.java.JavaRDD;

/**
 * One split in memory on the cluster.
 *
 * @param shards every shard 0 … S-1 exactly once, also where it is empty; partition p of P holds
 *     the shards ⌊pS/P⌋ … ⌊(p+1)S/P⌋-1 in order
 * @param examples n, over all shards
 */
public record PreparedSplit(JavaRDD<Shard> shards, long examples) {}
