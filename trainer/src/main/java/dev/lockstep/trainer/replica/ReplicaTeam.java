package dev.lockstep.trainer.replica;

import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Several replicas, one per thread, that work through the shards of one task and add up what they
 * find in the fixed {@link ShardTree}.
 *
 * <p>While there are shards left to begin, a thread adds its contribution to its neighbour's as
 * soon as both are there. The additions of the last shards, when threads would run out of work one
 * by one, are made afterwards by all threads together, each a range of the gradient.
 *
 * <p>Contributions are pooled: at any time about one per thread and per level of the tree exists.
 * Used by one caller at a time.
 */
public final class ReplicaTeam implements AutoCloseable {
  /** Elements of the gradient that a thread adds at a time. */
  private static final int ADDITION_BLOCK = 1 << 14;

  private final List<Replica> replicas = new ArrayList<>();
  private final ConcurrentLinkedDeque<Contribution> pool = new ConcurrentLinkedDeque<>();
  private final ThreadTeam threads;
  private final boolean ownsThreads;
  private final Contribution[] late;

  /** A team of {@code size} threads of its own; see {@link Replica#Replica}. */
  public ReplicaTeam(
      Network network, Loss loss, long seed, AugmentationPlan augmentation, int size) {
    this(network, loss, seed, augmentation, new ThreadTeam("lockstep-replica", size), true);
  }

  /** A team on the given threads, which stay the caller's. */
  public ReplicaTeam(
      Network network, Loss loss, long seed, AugmentationPlan augmentation, ThreadTeam threads) {
    this(network, loss, seed, augmentation, threads, false);
  }

  private ReplicaTeam(
      Network network,
      Loss loss,
      long seed,
      AugmentationPlan augmentation,
      ThreadTeam threads,
      boolean ownsThreads) {
    for (int i = 0; i < threads.threads(); i++) {
      replicas.add(new Replica(network, loss, seed, augmentation));
    }
    this.threads = threads;
    this.ownsThreads = ownsThreads;
    this.late = new Contribution[threads.threads()];
  }

  /**
   * Adds the contributions of all slices to {@code sum}, in any order: the tree makes it the same.
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
    int firstLate = Math.max(0, slices.size() - late.length);
    threads.run(
        slices.size(),
        (thread, i) -> {
          Slice slice = slices.get(i);
          Contribution contribution =
              contribution(replicas.get(thread), parameters, slice, step, epoch);
          if (i < firstLate) {
            sum.add(Node.leaf(slice.shard()), contribution);
          } else {
            late[i - firstLate] = contribution;
          }
        });
    for (int i = firstLate; i < slices.size(); i++) {
      Contribution contribution = late[i - firstLate];
      late[i - firstLate] = null;
      sum.add(Node.leaf(slices.get(i).shard()), contribution, this::mergeTogether);
    }
  }

  private Contribution contribution(
      Replica replica, ParameterVector parameters, Slice slice, long step, int epoch) {
    long start = System.nanoTime();
    Contribution pooled = pool.pollFirst();
    Contribution contribution = pooled == null ? replica.newContribution() : pooled;
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
    return contribution;
  }

  private void mergeTogether(Contribution left, Contribution right) {
    left.mergeAllButGradient(right);
    int length = left.gradient().length;
    threads.run(
        (length + ADDITION_BLOCK - 1) / ADDITION_BLOCK,
        (thread, block) -> {
          int from = block * ADDITION_BLOCK;
          left.addGradient(right, from, Math.min(length, from + ADDITION_BLOCK));
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
    threads.run(
        numbers.length,
        (thread, i) -> {
          MetricSums sums = MetricSums.forSplit(classes);
          replicas.get(thread).evaluate(parameters, examples.get(i), sums);
          sum.add(Node.leaf(numbers[i]), sums);
        });
  }

  /** Takes back a contribution whose contents are no longer needed. */
  public void recycle(Contribution contribution) {
    pool.addFirst(contribution);
  }

  @Override
  public void close() {
    if (ownsThreads) {
      threads.close();
    }
  }
}
