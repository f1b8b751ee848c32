package dev.lockstep.trainer.replica;

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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Several replicas, one per thread, that work through the shards of one task and add up what they find in the fixed {@link ShardTree}. With one thread everything runs on the
 * caller's.
 *
 * <p>Contributions are pooled: at any time about one per thread and per level of the tree exists. Used by one caller at a time.
 */
public final class ReplicaTeam implements AutoCloseable {
  private final List<Replica> replicas = new ArrayList<>();
  private final ConcurrentLinkedDeque<Contribution> pool = new ConcurrentLinkedDeque<>();
  private final ExecutorService threads;

  /** A team of {@code size} threads. */
  public ReplicaTeam(Network network, Loss loss, long seed, int size) {
    for (int i = 0; i < size; i++) {
      replicas.add(new Replica(network, loss, seed));
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
   *
   * @param parameters θ, read
   * @param slices one for each shard
   * @param step step counted from 1
   */
  public void compute(ParameterVector parameters, List<Slice> slices, long step, TreeSum<Contribution> sum) {
    forEach(
        slices.size(),
        (replica, i) -> {
          Slice slice = slices.get(i);
          long start = System.nanoTime();
          Contribution contribution = borrow(replica);
          replica.compute(parameters, slice.examples(), slice.order(), slice.from(), slice.to(), step, contribution);
          contribution.addComputeNanos(System.nanoTime() - start);
          sum.add(Node.leaf(slice.shard()), contribution);
        });
  }

  /** Adds loss and metrics of the shards {@code numbers} with the rows {@code examples} to {@code sum}. */
  public void evaluate(
      ParameterVector parameters, int[] numbers, List<Examples> examples, int classes, TreeSum<MetricSums> sum) {
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

  /** Hands items to threads as they become free; what a thread finds must not depend on which items it gets. */
  private void forEach(int items, Work work) {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    int helpers = Math.min(replicas.size(), items) - 1;
    for (int i = 1; i <= helpers; i++) {
      Replica replica = replicas.get(i);
      others.add(threads.submit(() -> drain(replica, items, next, work)));
    }
    try {
      drain(replicas.get(0), items, next, work);
    } finally {
      await(others);
    }
  }

  private static void drain(Replica replica, int items, AtomicInteger next, Work work) {
    for (int item = next.getAndIncrement(); item < items; item = next.getAndIncrement()) {
      work.run(replica, item);
    }
  }

  private static void await(List<Future<?>> others) {
    for (Future<?> other : others) {
      try {
        other.get();
      } catch (ExecutionException failure) {
        if (failure.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        if (failure.getCause() instanceof Error cause) {
          throw cause;
        }
        throw new IllegalStateException(failure.getCause());
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while replicas were at work", interruption);
      }
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdownNow();
    }
  }
}
