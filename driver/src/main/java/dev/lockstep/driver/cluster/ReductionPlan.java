package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.ShardTree;
import java.io.Serializable;

/**
 * How partial sums travel to the driver over the wire.
 *
 * <p>While there are few and small ones, each task sends its own to the driver. Otherwise the
 * gradient is cut into ranges: one shuffle brings all partial sums of a range to one reducer, which
 * adds them up in the tree's order and sends the result to the driver (a reduce-scatter, whose
 * gathering half is the driver). Then
 *
 * <ul>
 *   <li>the driver receives one gradient however many partitions there are, in messages of at most
 *       {@link #RANGE_FLOATS};
 *   <li>a reducer receives at most {@link #REDUCER_FLOATS} or, where gradients are larger, about as
 *       much as one gradient, so the additions are spread evenly over the cluster.
 * </ul>
 *
 * @param length elements of a gradient
 * @param ranges number of ranges, or 0 where tasks answer the driver directly
 */
record ReductionPlan(int length, int ranges) implements Serializable {
  /** Partial sums that the driver takes without a shuffle before it. */
  static final int DIRECT_PIECES = 3;

  /** Largest gradient that a task sends in one message: 64 MB. */
  static final int DIRECT_FLOATS = 1 << 24;

  /** Largest range: messages of 32 MB. */
  static final int RANGE_FLOATS = 1 << 23;

  /** What a reducer receives at least before the work is cut finer: 8 MB. */
  static final int REDUCER_FLOATS = 1 << 21;

  /**
   * The plan for a run.
   *
   * @param tree the shards
   * @param partitions contiguous ranges that the shards are spread over, as {@link #firstShard}
   *     cuts them
   * @param length elements of a gradient
   */
  static ReductionPlan of(ShardTree tree, int partitions, int length) {
    long pieces = pieces(tree, partitions);
    if (pieces <= DIRECT_PIECES && length <= DIRECT_FLOATS) {
      return new ReductionPlan(length, 0);
    }
    long smallEnough = ceilingOfQuotient(length, RANGE_FLOATS);
    long spread = Math.min(partitions, ceilingOfQuotient(pieces * length, REDUCER_FLOATS));
    return new ReductionPlan(length, (int) Math.max(1, Math.max(smallEnough, spread)));
  }

  private static long ceilingOfQuotient(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  /** Whether tasks answer the driver without a shuffle. */
  boolean isDirect() {
    return ranges == 0;
  }

  /** First element of a range; that of range {@link #ranges} is the length. */
  int rangeStart(int range) {
    return (int) ((long) range * length / ranges);
  }

  /** Number of partial sums that leave all tasks together. */
  static int pieces(ShardTree tree, int partitions) {
    int pieces = 0;
    for (int partition = 0; partition < partitions; partition++) {
      pieces +=
          pieces(
              tree,
              firstShard(tree, partition, partitions),
              firstShard(tree, partition + 1, partitions));
    }
    return pieces;
  }

  /** First shard of a partition. */
  static int firstShard(ShardTree tree, int partition, int partitions) {
    return (int) ((long) partition * tree.shards() / partitions);
  }

  /** Number of nodes that exactly cover the shards from … to - 1. */
  static int pieces(ShardTree tree, int from, int to) {
    int pieces = 0;
    int start = from;
    while (start < to) {
      int level = 0;
      // Climb while the node above starts here too and covers no shard (that exists) outside the
      // range.
      while (level < tree.height()
          && start % (2 << level) == 0
          && Math.min(start + (2 << level), tree.shards()) <= to) {
        level++;
      }
      start += 1 << level;
      pieces++;
    }
    return pieces;
  }
}
