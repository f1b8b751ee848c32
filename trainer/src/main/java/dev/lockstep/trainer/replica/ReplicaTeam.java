package dev.lockstep.trainer.replica;

import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Several replicas, one per thread, that work through the shards of one task and add up what they
 * find in the fixed {@link ShardTree}. With one thread everything runs on the caller's.
 *
 * <p>Contributions are pooled: at any time about one per thread and per level of the tree exists.
 * Used by one caller at a time.
 */
public final class ReplicaTeam implements AutoCloseable {
  private final List<Replica> replicas = new ArrayList<>();
  private final ConcurrentLinkedDeque<Contribution> pool = new ConcurrentLinkedDeque<>();
  private final ExecutorService threads;

  /** A team of {@code size} threads; see {@link Replica#Replica}. */
  public ReplicaTeam(
      Network network, Loss loss, long seed, AugmentationPlan augmentation, int size) {
    for (int i = 0; i < size; i++) {
      replicas.add(new Replica(network, loss, seed, augmentation));
    }
    this.threads = size == 1 ? null : Executors.newFixedThreadPool(size - 1, ReplicaTeam::daemon);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "lockstep-replica");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Adds the contributions of all slices to {@code sum}, in any order: the tree makes it the same.
   * The time that each is told to have taken runs from here, so that the longest is the time until
   * the last slice was done, however many one thread worked through.
   *
   * @param parameters θ, read
   * @param slices one for each shard
   * @param step step counted from 1
   * @param epoch epoch counted from 1
   */
  public void compute(
      ParameterVector parameters,
      List<Slice> slices,
      long step,
      int epoch,
      TreeSum<Contribution> sum) {
    long start = System.nanoTime();
    forEach(
        slices.size(),
        (replica, i) -> {
          Slice slice = slices.get(i);
          Contribution contribution = borrow(replica);
          replica.compute(
              parameters,
              slice.examples(),
              slice.order(),
              slice.from(),
              slice.to(),
              step,
              epoch,
              contribution);
          contribution.addComputeNanos(System.nanoTime() - start);
          sum.add(Node.leaf(slice.shard()), contribution);
        });
  }

  /**
   * Adds loss and metrics of the shards {@code numbers} with the rows {@code examples} to {@code
   * sum}.
   */
  public void evaluate(
      ParameterVector parameters,
      int[] numbers,
      List<Examples> examples,
      int classes,
      TreeSum<MetricSums> sum) {
    forEach(
        numbers.length,
        (replica, i) -> {
          MetricSums sums = MetricSums.forSplit(classes);
          replica.evaluate(parameters, examples.get(i), sums);
          sum.add(Node.leaf(numbers[i]), sums);
        });
  }

  private Contribution borrow(Replica replica) {
    Contribution contribution = pool.pollFirst();
    return contribution == null ? replica.newContribution() : contribution;
  }

  /** Takes back a contribution whose contents are no longer needed. */
  public void recycle(Contribution contribution) {
    pool.addFirst(contribution);
  }

  private interface Work {
    void run(Replica replica, int item);
  }

  /**
   * Items handed to threads as they become free; what a thread finds must not depend on which items
   * it gets. After a failure no new item is begun.
   */
  private static final class Round {
    private final int items;
    private final Work work;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Round(int items, Work work) {
      this.items = items;
      this.work = work;
    }

    private void drain(Replica replica) {
      try {
        for (int item = next.getAndIncrement(); item < items; item = next.getAndIncrement()) {
          work.run(replica, item);
        }
      } catch (RuntimeException | Error thrown) {
        stop(thrown);
      }
    }

    private void stop(Throwable reason) {
      failure.compareAndSet(null, reason);
      next.set(items);
    }
  }

  private void forEach(int items, Work work) {
    Round round = new Round(items, work);
    int helpers = Math.max(0, Math.min(replicas.size(), items) - 1);
    CountDownLatch atWork = new CountDownLatch(helpers);
    for (int i = 1; i <= helpers; i++) {
      Replica replica = replicas.get(i);
      threads.execute(
          () -> {
            round.drain(replica);
            atWork.countDown();
          });
    }
    round.drain(replicas.get(0));
    await(atWork, round);
    Throwable failure = round.failure.get();
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /**
   * Waits for the helpers even when interrupted: one that is left at work would share its replica
   * and its parameters with the next step.
   */
  private static void await(CountDownLatch atWork, Round round) {
    boolean interrupted = false;
    while (true) {
      try {
        atWork.await();
        break;
      } catch (InterruptedException interruption) {
        interrupted = true;
        round.stop(
            new IllegalStateException("interrupted while replicas were at work", interruption));
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdownNow();
    }
  }
}
