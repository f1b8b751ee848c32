package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.plan.Order;
import dev.lockstep.trainer.replica.Examples;
import java.util.Arrays;
import org.apache.spark.api.java.function.Function;

/**
 * What a shard has of the first rows of the first epoch, in ascending order of their index; indices
 * are not kept.
 */
final class FirstRowsTask implements Function<Shard, Shard> {
  private static final long serialVersionUID = 1L;

  private final BatchPlan batches;
  private final int rows;

  FirstRowsTask(BatchPlan batches, int rows) {
    this.batches = batches;
    this.rows = rows;
  }

  @Override
  public Shard call(Shard shard) {
    Examples all = shard.examples();
    Order order = batches.order(1);
    int width = all.featureCount();
    float[] features = new float[rows * width];
    float[] targets = new float[rows];
    float[] weights = new float[rows];
    int count = 0;
    for (int row = 0; row < all.count(); row++) {
      if (order.positionOf(all.index(row)) < rows) {
        System.arraycopy(all.features(), row * width, features, count * width, width);
        targets[count] = all.targets()[row];
        weights[count] = all.weight(row);
        count++;
      }
    }
    return new Shard(
        shard.number(),
        new Examples(
            width,
            0,
            1,
            Arrays.copyOf(features, count * width),
            Arrays.copyOf(targets, count),
            Arrays.copyOf(weights, count)));
  }
}
