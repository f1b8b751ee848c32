package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/** One task of an evaluation: loss and metrics of a partition's shards. Carries handles only. */
final class EvaluationTask implements FlatMapFunction<Iterator<Shard>, ShardSum<MetricSums>> {
  private static final long serialVersionUID = 1L;

  private final String runId;
  private final Broadcast<ReplicaBlueprint> blueprint;
  private final Broadcast<ParameterVector> parameters;
  private final int threads;

  EvaluationTask(
      String runId,
      Broadcast<ReplicaBlueprint> blueprint,
      Broadcast<ParameterVector> parameters,
      int threads) {
    this.runId = runId;
    this.blueprint = blueprint;
    this.parameters = parameters;
    this.threads = threads;
  }

  @Override
  public Iterator<ShardSum<MetricSums>> call(Iterator<Shard> shards) {
    ReplicaHost host = ReplicaHost.of(runId, blueprint::value, threads);
    ReplicaTeam team = host.borrowTeam();
    try {
      return Partials.of(host.evaluate(team, parameters.value(), Partials.list(shards)));
    } finally {
      host.giveBack(team);
    }
  }
}
