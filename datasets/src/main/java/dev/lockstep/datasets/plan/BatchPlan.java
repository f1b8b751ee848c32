package dev.lockstep.datasets.plan;

import dev.lockstep.trainer.random.Purpose;
import java.io.Serializable;

/**
 * How one epoch over a split is cut into mini-batches: step t (from 0) of an epoch uses the
 * examples at positions t·B … min(n, (t+1)·B)-1 of the epoch's order.
 *
 * @param examples n, at least 1
 * @param batchSize B, at least 1
 * @param shuffle whether every epoch has an order of its own; otherwise position and index are the
 *     same
 * @param seed first part of the key of the orders
 */
public record BatchPlan(long examples, int batchSize, boolean shuffle, long seed)
    implements Serializable {
  /** Checks the sizes. */
  public BatchPlan {
    if (examples < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "a plan needs examples and a batch size of at least 1, not "
              + examples
              + " and "
              + batchSize);
    }
    if ((examples - 1) / batchSize >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          examples
              + " examples in mini-batches of "
              + batchSize
              + " make more than 2^31 - 1 steps");
    }
  }

  /** ⌈n/B⌉. */
  public int stepsPerEpoch() {
    return (int) ((examples - 1) / batchSize) + 1;
  }

  /**
   * Number of examples in a step; only the last may have fewer than B.
   *
   * @param stepInEpoch 0 … stepsPerEpoch-1
   */
  public int examplesInStep(int stepInEpoch) {
    if (stepInEpoch < 0 || stepInEpoch >= stepsPerEpoch()) {
      throw new IllegalArgumentException(
          "step " + stepInEpoch + " is outside 0.." + (stepsPerEpoch() - 1));
    }
    return (int) Math.min(batchSize, examples - (long) stepInEpoch * batchSize);
  }

  /**
   * The order of an epoch: the keyed permutation for (seed, {@link Purpose#SHUFFLE}, epoch), or the
   * identity without shuffling.
   *
   * @param epoch counted from 1
   */
  public Order order(int epoch) {
    if (epoch < 1) {
      throw new IllegalArgumentException("epochs count from 1, not " + epoch);
    }
    return new Order(shuffle ? new KeyedPermutation(examples, seed, Purpose.SHUFFLE, epoch) : null);
  }
}
