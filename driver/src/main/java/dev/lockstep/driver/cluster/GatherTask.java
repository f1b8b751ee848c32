package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.io.Serializable;
import org.apache.spark.TaskContext;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction2;

/**
 * One reducer of a step: adds up all partial sums of one range of the gradient, in the tree's order
 * whatever the order of arrival.
 */
final class GatherTask
    extends AbstractFunction2<TaskContext, Iterator<Tuple2<Integer, RangeSum>>, RangeSum>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int shards;

  GatherTask(int shards) {
    this.shards = shards;
  }

  @Override
  public RangeSum apply(TaskContext context, Iterator<Tuple2<Integer, RangeSum>> pieces) {
    ShardTree tree = new ShardTree(shards);
    TreeSum<Contribution> sum = new TreeSum<>(tree, merged -> {});
    while (pieces.hasNext()) {
      RangeSum piece = pieces.next()._2();
      sum.add(piece.node(), piece.sum());
    }
    Contribution total = sum.total();
    return new RangeSum(tree.root(), context.partitionId(), total, 0, total.gradient().length);
  }
}
