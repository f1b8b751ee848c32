package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.util.List;
import java.util.Map;

/**
 * Replicas as threads of this JVM, without a Spark job a step: the executable specification that
 * all others must equal to the last bit, and the fastest way on one machine.
 */
public final class LocalReplicas implements Replicas {
  private final ReplicaHost host;
  private final ReplicaTeam team;
  private final Map<Split, List<Shard>> shards;
  private Contribution last;

  /**
   * Replicas over shards in memory, on threads of their own.
   *
   * @param blueprint the run
   * @param shards all shards of each split that there is
   * @param threads at least 1; where layers take synchronized moments, there is at least one for
   *     each shard, since shards wait for each other
   */
  public LocalReplicas(ReplicaBlueprint blueprint, Map<Split, List<Shard>> shards, int threads) {
    this.host = new ReplicaHost(blueprint, threads);
    this.team = host.borrowTeam(shards.get(Split.TRAIN).size());
    this.shards = Map.copyOf(shards);
  }

  /**
   * Replicas over shards in memory, on the given threads.
   *
   * @param blueprint the run
   * @param shards all shards of each split that there is
   * @param threads stay the caller's, who may let them do other work between two calls; where
   *     layers take synchronized moments and these are fewer than the shards, others are made
   */
  public LocalReplicas(
      ReplicaBlueprint blueprint, Map<Split, List<Shard>> shards, ThreadTeam threads) {
    this.host = new ReplicaHost(blueprint, threads.threads());
    int teamSize = host.teamSize(shards.get(Split.TRAIN).size());
    this.team = teamSize > threads.threads() ? host.borrowTeam(teamSize) : host.newTeam(threads);
    this.shards = Map.copyOf(shards);
  }

  @Override
  public Contribution compute(ParameterVector parameters, StepPlan step) {
    if (last != null) {
      team.recycle(last);
      last = null;
    }
    last = host.compute(team, parameters, shards.get(Split.TRAIN), step).total();
    return last;
  }

  @Override
  public double broadcastSeconds() {
    return 0.0;
  }

  @Override
  public MetricSums evaluate(ParameterVector parameters, Split split) {
    return host.evaluate(team, parameters, shards.get(split)).total();
  }

  @Override
  public void close() {
    team.close();
    host.close();
  }
}
