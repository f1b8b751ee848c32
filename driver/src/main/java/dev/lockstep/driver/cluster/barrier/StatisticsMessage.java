package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Statistics that all shards need in the middle of a step: a point and sums of some nodes.
 *
 * @param point what they are for
 * @param pieces sums by node
 */
record StatisticsMessage(StatisticsPoint point, Map<Node, StatisticsSum> pieces) {
  private static final int PIECE_BYTES = 3 * Integer.BYTES + Long.BYTES;

  /** The message. */
  ByteBuffer message(Envelope envelope) {
    int bytes = Envelope.BYTES + 2 * Integer.BYTES;
    for (StatisticsSum piece : pieces.values()) {
      bytes += PIECE_BYTES + 2 * piece.first().length * Double.BYTES;
    }
    ByteBuffer out = ByteBuffer.allocate(bytes);
    envelope.write(out);
    out.putInt(point.number()).putInt(pieces.size());
    pieces.forEach(
        (node, piece) -> {
          out.putInt(node.level()).putInt(node.index());
          out.putLong(piece.count()).putInt(piece.first().length);
          for (double value : piece.first()) {
            out.putDouble(value);
          }
          for (double value : piece.second()) {
            out.putDouble(value);
          }
        });
    return out.flip();
  }

  /** Reads what follows the envelope. */
  static StatisticsMessage read(ByteBuffer body) {
    MetricsFormat.requireLength(body, 2L * Integer.BYTES);
    int number = body.getInt();
    if (number < 0) {
      throw new IllegalArgumentException("there is no point " + number);
    }
    StatisticsPoint point = StatisticsPoint.of(number);
    int count = body.getInt();
    Map<Node, StatisticsSum> pieces = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      MetricsFormat.requireLength(body, PIECE_BYTES);
      Node node = new Node(body.getInt(), body.getInt());
      long values = body.getLong();
      int columns = body.getInt();
      if (columns < 0) {
        throw new IllegalArgumentException("there cannot be " + columns + " columns");
      }
      MetricsFormat.requireLength(body, 2L * columns * Double.BYTES);
      double[] first = read(body, columns);
      double[] second = read(body, columns);
      pieces.put(node, new StatisticsSum(point.phase(), values, first, second));
    }
    return new StatisticsMessage(point, pieces);
  }

  private static double[] read(ByteBuffer body, int columns) {
    double[] values = new double[columns];
    for (int i = 0; i < columns; i++) {
      values[i] = body.getDouble();
    }
    return values;
  }
}
