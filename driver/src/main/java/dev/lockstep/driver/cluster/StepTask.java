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
 * One task of one step whose result goes over the wire: the contributions of a partition's shards,
 * added up as far as the tree allows. Carries handles only.
 */
final class StepTask extends AbstractFunction2<TaskContext, Iterator<Shard>, ShardSum<?>[]>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final RunHandle run;
  private final ParameterSource source;
  private final long round;
  private final StepPlan step;

  /**
   * A task.
   *
   * @param round number of the job, ascending; see {@link SentContributions}
   */
  StepTask(RunHandle run, ParameterSource source, long round, StepPlan step) {
    this.run = run;
    this.source = source;
    this.round = round;
    this.step = step;
  }

  @Override
  public ShardSum<?>[] apply(TaskContext context, Iterator<Shard> shards) {
    return Partials.of(compute(Partials.list(shards)));
  }

  /** The sum over the given shards, neighbors in order; read only. */
  TreeSum<Contribution> compute(List<Shard> shards) {
    ReplicaHost host = run.host();
    ReplicaTeam team = host.borrowTeam();
    try {
      host.sent().lend(round, team, Partials.count(run.tree(), shards));
      TreeSum<Contribution> sum = host.compute(team, source.parameters(), shards, step);
      host.sent().add(round, sum.pieces().values());
      return sum;
    } finally {
      host.giveBack(team);
    }
  }
}
