package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.TaskContext;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction2;

/**
 * One task of one step in the driver's JVM: leaves its partition's sum in the {@link SharedRound}
 * and returns whether it was taken. Carries handles only.
 */
final class SharedStepTask extends AbstractFunction2<TaskContext, Iterator<Shard>, Boolean>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final RunHandle run;
  private final long exchange;
  private final long round;
  private final StepPlan step;

  SharedStepTask(RunHandle run, long exchange, long round, StepPlan step) {
    this.run = run;
    this.exchange = exchange;
    this.round = round;
    this.step = step;
  }

  @Override
  public Boolean apply(TaskContext context, Iterator<Shard> shards) {
    SharedRound current = SharedMemoryExchange.round(exchange, round);
    ReplicaHost host = run.host();
    ReplicaTeam team = host.borrowTeam();
    try {
      List<Shard> mine = Partials.list(shards);
      SharedMemoryExchange.lend(exchange, team, Partials.count(run.tree(), mine));
      TreeSum<Contribution> sum = host.compute(team, current.parameters(), mine, step);
      boolean taken = current.deliver(context.partitionId(), sum);
      if (!taken) {
        sum.pieces().values().forEach(team::recycle);
      }
      return taken;
    } finally {
      host.giveBack(team);
    }
  }
}
