package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.ShardSum;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What comes together on the driver for one piece of work.
 *
 * @param <T> what is summed
 */
final class DriverRound<T extends Mergeable<T>> {
  private final long sequence;
  private final ShardTree tree;
  private final PieceSums<T> sums;
  private final PieceInbox<T> inbox;
  private final Map<StatisticsPoint, PieceSums<StatisticsSum>> meetings = new HashMap<>();

  /**
   * Nothing yet.
   *
   * @param metrics whether metrics are summed, not contributions
   * @param arrivals the nodes that come over the network
   */
  DriverRound(
      long sequence,
      RunFormats formats,
      PieceFormat<T> format,
      boolean metrics,
      Collection<Node> arrivals) {
    this.sequence = sequence;
    this.tree = formats.tree();
    this.sums =
        new PieceSums<>(
            tree,
            List.of(tree.root()),
            used -> {
              if (used instanceof Contribution contribution) {
                formats.contributions().recycle(contribution);
              }
            });
    this.inbox = new PieceInbox<>(format, metrics, arrivals);
  }

  /** Which work this is. */
  long sequence() {
    return sequence;
  }

  /** Adds a piece; returns whether the sum is complete now. */
  boolean add(Node node, T piece) {
    return sums.add(node, piece) != PieceSums.NONE;
  }

  /** The complete sum. */
  T total() {
    return sums.sum(0);
  }

  /** Takes a part of a piece; returns the piece when it is whole, else null. */
  ShardSum<T> receive(ByteBuffer body) {
    return inbox.receive(body);
  }

  /** Adds a task's part of statistics; returns the total when it is complete, else null. */
  StatisticsSum meet(StatisticsMessage part) {
    PieceSums<StatisticsSum> meeting;
    synchronized (meetings) {
      meeting =
          meetings.computeIfAbsent(
              part.point(), point -> new PieceSums<>(tree, List.of(tree.root()), merged -> {}));
    }
    boolean complete = false;
    for (Map.Entry<Node, StatisticsSum> piece : part.pieces().entrySet()) {
      complete = meeting.add(piece.getKey(), piece.getValue()) != PieceSums.NONE;
    }
    return complete ? meeting.sum(0) : null;
  }
}
