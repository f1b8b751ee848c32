package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.ReplicaHost;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsExchange;
import dev.lockstep.trainer.reduce.TreeSum;
import dev.lockstep.trainer.replica.ReplicaTeam;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/**
 * A task of the barrier stage: takes its shards and stays, doing what the driver asks for, until
 * the driver ends the stage. Carries handles only.
 *
 * <p>An error that every attempt would meet reaches the driver as a value; anything else fails the
 * task and so the stage, which the driver starts again.
 */
final class BarrierTask extends AbstractFunction1<Iterator<TaskShards>, Iterator<TaskShards>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String runId;
  private final Broadcast<ReplicaBlueprint> blueprint;
  private final StageAddress driver;
  private final BarrierSettings settings;
  private final int threads;
  private final boolean isolated;

  /**
   * A task.
   *
   * @param threads of one task
   * @param isolated whether each task has a station of its own, on the network even in the driver's
   *     process: what many machines do, in one process
   */
  BarrierTask(
      String runId,
      Broadcast<ReplicaBlueprint> blueprint,
      StageAddress driver,
      BarrierSettings settings,
      int threads,
      boolean isolated) {
    this.runId = runId;
    this.blueprint = blueprint;
    this.driver = driver;
    this.settings = settings;
    this.threads = threads;
    this.isolated = isolated;
  }

  @Override
  public Iterator<TaskShards> apply(Iterator<TaskShards> input) {
    TaskShards shards = input.next();
    ReplicaHost host = ReplicaHost.of(runId, blueprint::value, threads);
    ReplicaTeam team = host.borrowTeam(shards.of(Split.TRAIN).size());
    try {
      TaskContext context = TaskContext.get();
      int partition = context.partitionId();
      Station station =
          Stations.join(driver, isolated ? partition : Stations.SHARED, blueprint::value, settings);
      boolean last = false;
      try {
        new Worker(host, team, shards, station, context).run();
      } catch (RuntimeException | Error failure) {
        // Others of this process may wait for this task in the middle of a step.
        station
            .exchanges()
            .fail(new IllegalStateException("another task of this process failed", failure));
        throw failure;
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted in a barrier stage", interruption);
      } finally {
        last = station.leave();
      }
      if (last) {
        ReplicaHost.forget(runId);
      }
    } finally {
      host.giveBack(team);
    }
    // Nothing is left in it, and nothing is returned.
    return input;
  }

  /** The task at work. */
  private final class Worker {
    private final ReplicaHost host;
    private final ReplicaTeam team;
    private final TaskShards shards;
    private final Station station;
    private final TaskContext context;
    private int given;

    private Worker(
        ReplicaHost host,
        ReplicaTeam team,
        TaskShards shards,
        Station station,
        TaskContext context) {
      this.host = host;
      this.team = team;
      this.shards = shards;
      this.station = station;
      this.context = context;
    }

    private void run() throws InterruptedException {
      int partition = context.partitionId();
      station.register(partition, shards.numbers());
      Work work = station.await(0, context::isInterrupted);
      while (!(work instanceof Work.End)) {
        try {
          if (work instanceof Work.Step step) {
            compute(step);
          } else {
            evaluate((Work.Evaluation) work);
          }
          station.finished(work, partition);
        } catch (LockstepException failure) {
          station.report(failure, partition);
        }
        work = station.await(work.sequence(), context::isInterrupted);
      }
    }

    private void compute(Work.Step step) throws InterruptedException {
      // As many as were given away, so that neither side's store grows.
      for (; given > 0; given--) {
        Contribution used = station.reclaim();
        if (used != null) {
          team.recycle(used);
        }
      }
      List<Shard> mine = shards.of(Split.TRAIN);
      StatisticsExchange exchange = exchange(step, mine.size());
      Map<Node, Contribution> pieces;
      if (exchange == null) {
        pieces = host.compute(team, step.parameters(), mine, step.plan()).pieces();
      } else {
        station.exchanges().open(step.sequence(), exchange);
        try {
          pieces = host.compute(team, step.parameters(), mine, step.plan(), exchange).pieces();
        } finally {
          station.exchanges().shut(exchange);
        }
      }
      for (Map.Entry<Node, Contribution> piece : pieces.entrySet()) {
        given++;
        station.add(step, piece.getKey(), piece.getValue());
      }
    }

    private StatisticsExchange exchange(Work.Step step, int shardsHere) {
      if (host.statisticsPoints().isEmpty()) {
        return null;
      }
      return new StatisticsExchange(
          new ShardTree(blueprint.value().shards()),
          host.statisticsPoints(),
          shardsHere,
          Duration.ofSeconds(settings.stepSeconds()),
          (point, pieces) -> station.meet(step, point, pieces));
    }

    private void evaluate(Work.Evaluation evaluation) throws InterruptedException {
      ParameterVector parameters = evaluation.parameters();
      TreeSum<MetricSums> sum = host.evaluate(team, parameters, shards.of(evaluation.split()));
      for (Map.Entry<Node, MetricSums> piece : sum.pieces().entrySet()) {
        station.add(evaluation, piece.getKey(), piece.getValue());
      }
    }
  }
}
