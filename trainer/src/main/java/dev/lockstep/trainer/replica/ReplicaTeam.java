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
import dev.lockstep.trainer.reduce.StatisticsExchange;
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
  private final boolean shardsMeet;
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
    this.shardsMeet = !network.statisticsPoints().isEmpty();
    this.late = new Contribution[threads.threads()];
  }

  /** Threads of the team, the caller's included: items that can be at work at once. */
  public int size() {
    return replicas.size();
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
    compute(parameters, slices, step, epoch, null, sum);
  }

  /**
   * As above, for a network whose layers meet those of other shards in the middle of the step. All
   * slices must be at work at once then, so the team needs a thread for each. A failure here is
   * told to the exchange, and one of the exchange ends the step.
   *
   * @param exchange of this step; null where no layer meets others
   */
  public void compute(
      ParameterVector parameters,
      List<Slice> slices,
      long step,
      int epoch,
      StatisticsExchange exchange,
      TreeSum<Contribution> sum) {
    if (shardsMeet && exchange == null) {
      throw new IllegalArgumentException(
          "shards that normalize over the whole mini-batch need an exchange");
    }
    if (exchange != null && size() < slices.size()) {
      throw new IllegalArgumentException(
          slices.size() + " shards that wait for each other need more than " + size() + " threads");
    }
    long start = System.nanoTime();
    int firstLate = Math.max(0, slices.size() - late.length);
    ThreadTeam.Work work =
        (thread, i) -> {
          Slice slice = slices.get(i);
          Contribution pooled = pool.pollFirst();
          Replica replica = replicas.get(thread);
          Contribution contribution = pooled == null ? replica.newContribution() : pooled;
          replica.compute(parameters, slice, step, epoch, exchange, contribution);
          contribution.addComputeNanos(System.nanoTime() - start);
          if (i < firstLate) {
            sum.add(Node.leaf(slice.shard()), contribution);
          } else {
            late[i - firstLate] = contribution;
          }
        };
    if (exchange == null) {
      threads.run(slices.size(), work);
    } else {
      threads.run(slices.size(), work, exchange::fail);
    }
    for (int i = firstLate; i < slices.size(); i++) {
      Contribution contribution = late[i - firstLate];
      late[i - firstLate] = null;
      sum.add(Node.leaf(slices.get(i).shard()), contribution, this::mergeTogether);
    }
  }

  private void mergeTogether(Contribution left, Contribution right) {
    left.mergeAllButGradient(right);
    int length = left.gradient().length;
    threads.run(
        (length - 1) / ADDITION_BLOCK + 1,
        (thread, block) -> {
          int from = block * ADDITION_BLOCK;
          left.addGradient(right, from, from + Math.min(ADDITION_BLOCK, length - from));
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
