package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import scala.Tuple2;

/**
 * One task of one step whose result goes to reducers: the same as {@link StepTask}, cut into ranges
 * and keyed by them. One range at a time is in the hands of the shuffle.
 */
final class ScatterTask implements PairFlatMapFunction<Iterator<Shard>, Integer, RangeSum> {
  private static final long serialVersionUID = 1L;

  private final StepTask task;
  private final ReductionPlan plan;

  ScatterTask(StepTask task, ReductionPlan plan) {
    this.task = task;
    this.plan = plan;
  }

  @Override
  public Iterator<Tuple2<Integer, RangeSum>> call(Iterator<Shard> shards) {
    List<Shard> mine = new ArrayList<>();
    shards.forEachRemaining(mine::add);
    return new Ranges(task.compute(mine).pieces(), plan);
  }

  private static final class Ranges implements Iterator<Tuple2<Integer, RangeSum>> {
    private final List<Map.Entry<Node, Contribution>> pieces;
    private final ReductionPlan plan;
    private int piece;
    private int range;

    Ranges(Map<Node, Contribution> pieces, ReductionPlan plan) {
      this.pieces = new ArrayList<>(pieces.entrySet());
      this.plan = plan;
    }

    @Override
    public boolean hasNext() {
      return piece < pieces.size();
    }

    @Override
    public Tuple2<Integer, RangeSum> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Map.Entry<Node, Contribution> whole = pieces.get(piece);
      int number = range++;
      RangeSum part =
          new RangeSum(
              whole.getKey(),
              number,
              whole.getValue(),
              plan.rangeStart(number),
              plan.rangeStart(number + 1));
      if (range == plan.ranges()) {
        range = 0;
        piece++;
      }
      return new Tuple2<>(number, part);
    }
  }
}
