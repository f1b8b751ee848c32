package dev.lockstep.trainer.reduce;

import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where the shards of one mini-batch add up statistics in the middle of a step: every shard brings
 * its part of a {@link StatisticsPoint} and goes on with the sum over all shards, which is formed
 * in the {@link ShardTree} and so the same bits for every shard, thread and process.
 *
 * <p>One object serves one step in one process (or one task of it). Where all shards of the run are
 * at work here, it needs nobody else. Otherwise an {@link Outlet} takes away what the shards here
 * add up to, and whoever hears the answer calls {@link #complete}.
 *
 * <p>A thread that waits does not compute, so every shard with rows needs a thread of its own, and
 * all of them must be at work at once. Shards without rows {@linkplain #skip skip} all points and
 * never wait.
 *
 * <p>Safe for any number of threads. Nobody waits for ever: a failure anywhere, once told to {@link
 * #fail}, surfaces in every waiting thread, and each wait has a limit.
 */
public final class StatisticsExchange {
  /** Takes the parts of the shards here to where all shards meet. */
  public interface Outlet {
    /**
     * Sends the sum of the shards here. Called once for each point, by the thread of the shard that
     * came last, with no lock held. The answer goes to {@link #complete}: later from any thread, or
     * before this call returns.
     *
     * @param pieces sums of nodes of the tree that together cover all shards here; the callee's own
     */
    void send(StatisticsPoint point, Map<Node, StatisticsSum> pieces);
  }

  private static final class Meeting {
    private final TreeSum<StatisticsSum> parts;
    private final BitSet arrived = new BitSet();
    private int left;
    private StatisticsSum total;

    private Meeting(ShardTree tree, int shardsHere) {
      this.parts = new TreeSum<>(tree, merged -> {});
      this.left = shardsHere;
    }
  }

  private final List<StatisticsPoint> points;
  private final int shardsHere;
  private final Duration limit;
  private final Outlet outlet;
  private final Map<StatisticsPoint, Meeting> meetings = new HashMap<>();
  private Throwable failure;

  /**
   * An exchange among the shards of one process, which are all there are.
   *
   * @param points where the shards meet; as the network has them
   * @param limit how long a shard waits for the others at one point
   */
  public StatisticsExchange(ShardTree tree, List<StatisticsPoint> points, Duration limit) {
    this(tree, points, tree.shards(), limit, null);
  }

  /**
   * An exchange with shards elsewhere.
   *
   * @param tree the tree over all shards of the run
   * @param points where the shards meet; as the network has them
   * @param shardsHere number of shards that bring their parts to this object, at least 1
   * @param limit how long a shard waits for the others at one point
   * @param outlet takes away what the shards here add up to; null where they are all there are
   */
  public StatisticsExchange(
      ShardTree tree, List<StatisticsPoint> points, int shardsHere, Duration limit, Outlet outlet) {
    this.points = List.copyOf(points);
    this.shardsHere = shardsHere;
    this.limit = limit;
    this.outlet = outlet;
    for (StatisticsPoint point : points) {
      meetings.put(point, new Meeting(tree, shardsHere));
    }
    if (shardsHere < 1 || (outlet == null && shardsHere != tree.shards())) {
      throw new IllegalArgumentException(
          shardsHere + " of " + tree.shards() + " shards cannot meet by themselves");
    }
  }

  /** Where the shards meet, in the order of a step. */
  public List<StatisticsPoint> points() {
    return points;
  }

  /**
   * Brings a shard's part, without waiting for any other shard.
   *
   * @param part belongs to this object from now on
   */
  public void deliver(StatisticsPoint point, int shard, StatisticsSum part) {
    Meeting meeting = meeting(point);
    meeting.parts.add(Node.leaf(shard), part);
    boolean last;
    synchronized (this) {
      meeting.arrived.set(shard);
      meeting.left--;
      last = meeting.left == 0;
    }
    if (last && outlet == null) {
      complete(point, meeting.parts.total());
    } else if (last) {
      outlet.send(point, meeting.parts.pieces());
    }
  }

  /** Brings nothing to all points: for a shard without rows in this mini-batch. */
  public void skip(int shard) {
    for (StatisticsPoint point : points) {
      deliver(point, shard, StatisticsSum.empty(point.phase()));
    }
  }

  /** States the sum over all shards of the run. */
  public synchronized void complete(StatisticsPoint point, StatisticsSum total) {
    meeting(point).total = total;
    notifyAll();
  }

  /**
   * States that the step has failed. Whoever waits or will wait throws {@code reason} (where it is
   * checked, an exception around it). Only the first failure counts.
   */
  public synchronized void fail(Throwable reason) {
    if (failure == null) {
      failure = reason;
      notifyAll();
    }
  }

  /**
   * Waits for the sum over all shards of the run.
   *
   * @return shared by all shards: read only
   * @throws IllegalStateException where the limit is over or the thread is interrupted
   */
  public synchronized StatisticsSum await(StatisticsPoint point) {
    Meeting meeting = meeting(point);
    long end = System.nanoTime() + limit.toNanos();
    while (failure == null && meeting.total == null) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new IllegalStateException(missing(point, meeting));
      }
      try {
        // One more, since a wait of 0 ms has no end.
        wait(left / 1_000_000 + 1);
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(
            "interrupted while waiting for the other shards at " + point, interruption);
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure != null) {
      throw new IllegalStateException("another shard of the mini-batch failed", failure);
    }
    return meeting.total;
  }

  private String missing(StatisticsPoint point, Meeting meeting) {
    String waited = "after " + limit.toSeconds() + " s, " + point + " still waits for ";
    if (meeting.left == 0) {
      return waited + "the shards outside this process";
    }
    String here =
        meeting.arrived.stream().mapToObj(Integer::toString).collect(Collectors.joining(", "));
    return waited
        + meeting.left
        + " of the "
        + shardsHere
        + " shards in this process; there are "
        + here;
  }

  private Meeting meeting(StatisticsPoint point) {
    Meeting meeting = meetings.get(point);
    if (meeting == null) {
      throw new IllegalArgumentException("no shards meet at " + point);
    }
    return meeting;
  }
}
