package dev.lockstep.datasets.plan;

import java.util.Arrays;

/**
 * The rows of one shard in the order in which one epoch uses them, cut by steps. Every shard
 * computes its own from the plan: nothing is sent.
 *
 * <p>Row r of the shard is example {@code firstIndex + r · indexStride} of the split. Costs one
 * sort of the shard's positions per epoch; a step is then a slice.
 */
public final class ShardOrder {
  private final int[] rows;
  private final int[] stepStarts;

  private ShardOrder(int[] rows, int[] stepStarts) {
    this.rows = rows;
    this.stepStarts = stepStarts;
  }

  /**
   * The order of a shard in an epoch.
   *
   * @param epoch counted from 1
   * @param firstIndex index of row 0 in the split
   * @param indexStride distance between the indices of neighbouring rows, at least 1
   * @param rows number of rows of the shard
   */
  public static ShardOrder of(
      BatchPlan plan, int epoch, long firstIndex, long indexStride, int rows) {
    if (indexStride < 1
        || rows < 0
        || firstIndex < 0
        || (rows > 0 && firstIndex + (rows - 1) * indexStride >= plan.examples())) {
      throw new IllegalArgumentException(
          rows
              + " rows from "
              + firstIndex
              + " by "
              + indexStride
              + " do not fit into "
              + plan.examples()
              + " examples");
    }
    Order order = plan.order(epoch);
    long[] positions = new long[rows];
    for (int row = 0; row < rows; row++) {
      positions[row] = order.positionOf(firstIndex + row * indexStride);
    }
    Arrays.sort(positions);

    int[] sorted = new int[rows];
    int[] stepStarts = new int[plan.stepsPerEpoch() + 1];
    int step = 0;
    for (int i = 0; i < rows; i++) {
      int stepOfRow = (int) (positions[i] / plan.batchSize());
      while (step < stepOfRow) {
        stepStarts[++step] = i;
      }
      sorted[i] = (int) ((order.indexAt(positions[i]) - firstIndex) / indexStride);
    }
    Arrays.fill(stepStarts, step + 1, stepStarts.length, rows);
    return new ShardOrder(sorted, stepStarts);
  }

  /**
   * The shard's rows by ascending position in the epoch: this object's own array, not to be
   * changed.
   */
  public int[] rows() {
    return rows;
  }

  /** Start (inclusive) of a step's slice of {@link #rows()}; steps count from 0. */
  public int from(int stepInEpoch) {
    return stepStarts[stepInEpoch];
  }

  /** End (exclusive) of a step's slice of {@link #rows()}; steps count from 0. */
  public int to(int stepInEpoch) {
    return stepStarts[stepInEpoch + 1];
  }
}
