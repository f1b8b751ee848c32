package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.ShardSum;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts the parts of pieces together that others send for one step or evaluation.
 *
 * @param <T> what is summed
 */
final class PieceInbox<T extends Mergeable<T>> {
  private static final class Arriving<T> {
    private T piece;
    private int received;
  }

  private final PieceFormat<T> format;
  private final boolean metrics;
  private final Map<Node, Arriving<T>> arriving = new HashMap<>();

  /**
   * An inbox for one piece of each of the given nodes.
   *
   * @param metrics whether metrics are expected, not contributions
   */
  PieceInbox(PieceFormat<T> format, boolean metrics, Collection<Node> expected) {
    this.format = format;
    this.metrics = metrics;
    for (Node node : expected) {
      arriving.put(node, new Arriving<>());
    }
  }

  /**
   * Takes a part.
   *
   * @param body as {@link PieceMessage} describes, after the envelope
   * @return the piece that is whole now, or null
   * @throws IllegalArgumentException where nobody waits for it or its sizes are wrong
   */
  ShardSum<T> receive(ByteBuffer body) {
    MetricsFormat.requireLength(body, PieceMessage.FIXED_BYTES - Envelope.BYTES);
    boolean ofMetrics = body.getInt() == 1;
    Node node = new Node(body.getInt(), body.getInt());
    int total = body.getInt();
    int from = body.getInt();
    int count = body.getInt();
    Arriving<T> piece = arriving.get(node);
    if (piece == null || ofMetrics != metrics) {
      throw new IllegalArgumentException("nobody waits for " + node + " here");
    }
    // Parts of one piece come along one connection, so one after another; this is for visibility.
    synchronized (piece) {
      if ((total != 0 && total != format.blockLength())
          || from != piece.received
          || count < 0
          || count > total - from
          || (count == 0 && total > 0)
          || (from == 0) != (piece.piece == null)) {
        throw new IllegalArgumentException(
            "floats "
                + from
                + " to "
                + (from + (long) count)
                + " of "
                + total
                + " came for "
                + node
                + " where "
                + piece.received
                + " were there");
      }
      if (from == 0) {
        piece.piece = format.readHead(body, format.room());
      }
      MetricsFormat.requireLength(body, (long) count * Float.BYTES);
      body.asFloatBuffer().get(format.block(piece.piece), from, count);
      piece.received += count;
      return piece.received == total ? new ShardSum<>(node, piece.piece) : null;
    }
  }
}
