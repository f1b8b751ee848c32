package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * What the tasks of a barrier stage in one process share: where they get their work and leave what
 * they found. In the driver's process all of it passes by reference, elsewhere over the network.
 */
sealed interface Station permits DriverStation, ExecutorStation {
  /**
   * Tells the driver that a task is at work.
   *
   * @param shards the numbers of its training shards
   */
  void register(int partition, List<Integer> shards) throws InterruptedException;

  /**
   * Waits for the next work.
   *
   * @param after sequence number of the last work done, 0 for none
   * @param killed whether Spark wants the task to end
   */
  Work await(long after, BooleanSupplier killed) throws InterruptedException;

  /** Takes what some shards give to a step; it belongs to the station from now on. */
  void add(Work.Step work, Node node, Contribution piece) throws InterruptedException;

  /** Takes the metrics of some shards. */
  void add(Work.Evaluation work, Node node, MetricSums piece) throws InterruptedException;

  /** Notes that a task has added everything. */
  void finished(Work work, int partition);

  /** A contribution that is no longer needed, or null. */
  Contribution reclaim();

  /** What tells exchanges the sums of all shards, and failures. */
  OpenExchanges exchanges();

  /** Takes a task's part of the statistics at a point. */
  void meet(Work.Step work, StatisticsPoint point, Map<Node, StatisticsSum> pieces);

  /** Tells the driver of an error that every attempt would meet. */
  void report(LockstepException failure, int partition);

  /**
   * Ends a task's use of the station.
   *
   * @return whether no task of this process is left
   */
  boolean leave();
}
