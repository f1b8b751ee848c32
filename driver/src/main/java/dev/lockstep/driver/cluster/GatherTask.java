package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import scala.Tuple2;

/**
 * One reducer of a step: adds up the pieces below one node, in the tree's order whatever the order
 * of arrival.
 */
final class GatherTask
    implements FlatMapFunction<
        Iterator<Tuple2<Integer, ShardSum<Contribution>>>, ShardSum<Contribution>> {
  private static final long serialVersionUID = 1L;

  private final int shards;
  private final int level;

  GatherTask(int shards, int level) {
    this.shards = shards;
    this.level = level;
  }

  @Override
  public Iterator<ShardSum<Contribution>> call(
      Iterator<Tuple2<Integer, ShardSum<Contribution>>> pieces) {
    TreeSum<Contribution> sum = null;
    while (pieces.hasNext()) {
      ShardSum<Contribution> piece = pieces.next()._2();
      if (sum == null) {
        sum =
            new TreeSum<>(
                new ShardTree(shards),
                ReductionPlan.gatheringNode(piece.node(), level),
                merged -> {});
      }
      sum.add(piece.node(), piece.sum());
    }
    return sum == null ? Collections.emptyIterator() : Partials.of(sum);
  }
}
