package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/**
 * One task of one step: the contributions of a partition's shards, added up as far as the tree
 * allows. Carries handles only.
 */
final class StepTask implements FlatMapFunction<Iterator<Shard>, ShardSum<Contribution>> {
  private static final long serialVersionUID = 1L;

  private final String runId;
  private final Broadcast<ReplicaBlueprint> blueprint;
  private final Broadcast<ParameterVector> parameters;
  private final StepPlan step;
  private final int threads;

  StepTask(
      String runId,
      Broadcast<ReplicaBlueprint> blueprint,
      Broadcast<ParameterVector> parameters,
      StepPlan step,
      int threads) {
    this.runId = runId;
    this.blueprint = blueprint;
    this.parameters = parameters;
    this.step = step;
    this.threads = threads;
  }

  @Override
  public Iterator<ShardSum<Contribution>> call(Iterator<Shard> shards) {
    ReplicaHost host = ReplicaHost.of(runId, blueprint::value, threads);
    ReplicaTeam team = host.borrowTeam();
    try {
      List<Shard> mine = Partials.list(shards);
      TreeSum<Contribution> sum = host.compute(team, parameters.value(), mine, step);
      return Partials.of(sum);
    } finally {
      host.giveBack(team);
    }
  }
}
