package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Link;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One part of a piece. After the envelope:
 *
 * <pre>
 *   int    what is summed: 0 contributions, 1 metrics
 *   int    level of the node
 *   int    index of the node
 *   int    floats of the whole block
 *   int    first float of this part; the part that begins at 0 has the head
 *   int    floats of this part
 *   ...    head
 *   ...    floats
 * </pre>
 */
final class PieceMessage {
  /** Bytes before head and floats. */
  static final int FIXED_BYTES = Envelope.BYTES + 6 * Integer.BYTES;

  private PieceMessage() {}

  /**
   * Sends a piece in parts; an empty one without its block.
   *
   * @param chunkFloats floats in one part
   * @param seconds how long the other side may take to accept a part
   */
  static <T extends Mergeable<T>> void send(
      Link link,
      Envelope envelope,
      PieceFormat<T> format,
      boolean metrics,
      Node node,
      T piece,
      int chunkFloats,
      long seconds)
      throws IOException, InterruptedException {
    int total = piece.isEmpty() ? 0 : format.blockLength();
    int from = 0;
    do {
      int count = Math.min(chunkFloats, total - from);
      ByteBuffer out = link.borrow(seconds);
      envelope.write(out);
      out.putInt(metrics ? 1 : 0).putInt(node.level()).putInt(node.index());
      out.putInt(total).putInt(from).putInt(count);
      if (from == 0) {
        format.writeHead(piece, out);
      }
      out.asFloatBuffer().put(format.block(piece), from, count);
      out.position(out.position() + count * Float.BYTES);
      link.send(out);
      from += count;
    } while (from < total);
  }
}
