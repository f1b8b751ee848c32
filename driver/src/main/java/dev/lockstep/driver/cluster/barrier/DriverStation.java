package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskKilledException;

/**
 * The station of the driver's own process, for local masters: parameters, contributions and
 * statistics pass by reference, and every task adds to the driver's sum itself.
 */
final class DriverStation implements Station {
  private final BarrierStage stage;
  private final ContributionFormat contributions;
  private final BarrierSettings settings;
  private final WorkBoard board = new WorkBoard();
  private final Map<Integer, Long> finished = new ConcurrentHashMap<>();
  private final OpenExchanges exchanges = new OpenExchanges();

  DriverStation(BarrierStage stage, ContributionFormat contributions, BarrierSettings settings) {
    this.stage = stage;
    this.contributions = contributions;
    this.settings = settings;
  }

  /** Gives the tasks work. */
  void post(Work work) {
    board.post(work);
  }

  /** Ends all tasks, also those that wait for others in the middle of a step. */
  void end() {
    board.post(Work.End.END);
    exchanges.fail(new TaskKilledException("the barrier stage has ended"));
  }

  /** Tells the exchanges of the given work the sum of all shards. */
  void complete(long work, StatisticsPoint point, StatisticsSum total) {
    exchanges.complete(work, point, total);
  }

  /** Whether a task has added everything of some work. */
  boolean hasFinished(int partition, long sequence) {
    return finished.getOrDefault(partition, 0L) >= sequence;
  }

  @Override
  public void register(int partition, List<Integer> shards) {
    stage.registerHere(partition, shards);
  }

  @Override
  public Work await(long after, BooleanSupplier killed) throws InterruptedException {
    Work work;
    do {
      // The driver is this process: it cannot be lost without this task.
      work = board.await(after, killed, TimeUnit.SECONDS.toMillis(settings.stepSeconds()));
    } while (work == null);
    return work;
  }

  @Override
  public void add(Work.Step work, Node node, Contribution piece) {
    stage.add(work.sequence(), node, piece);
  }

  @Override
  public void add(Work.Evaluation work, Node node, MetricSums piece) {
    stage.add(work.sequence(), node, piece);
  }

  @Override
  public void finished(Work work, int partition) {
    finished.put(partition, work.sequence());
  }

  @Override
  public Contribution reclaim() {
    return contributions.reclaim();
  }

  @Override
  public OpenExchanges exchanges() {
    return exchanges;
  }

  @Override
  public void meet(Work.Step work, StatisticsPoint point, Map<Node, StatisticsSum> pieces) {
    stage.meet(work.sequence(), new StatisticsMessage(point, pieces));
  }

  @Override
  public void report(LockstepException failure, int partition) {
    stage.fail(failure);
  }

  @Override
  public boolean leave() {
    return Stations.leave(this);
  }
}
