package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Moments;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Contributions: the gradient is the block, all else the head. Keeps contributions whose contents
 * are no longer needed and reads new ones into them.
 */
final class ContributionFormat implements PieceFormat<Contribution> {
  private final MetricsFormat metrics = new MetricsFormat(0);
  private final int trainableLength;
  private final int[] columns;
  private final ConcurrentLinkedDeque<Contribution> pool = new ConcurrentLinkedDeque<>();

  ContributionFormat(Network network) {
    this.trainableLength = network.layout().trainableLength();
    this.columns = network.batchNormColumns();
  }

  /** Takes a contribution whose contents are no longer needed. */
  void recycle(Contribution contribution) {
    pool.addFirst(contribution);
  }

  /** Gives such a contribution away, or null where there is none. */
  Contribution reclaim() {
    return pool.pollFirst();
  }

  @Override
  public int headBytes() {
    int bytes = metrics.headBytes() + Long.BYTES;
    for (int layer : columns) {
      bytes += Long.BYTES + 2 * layer * Double.BYTES;
    }
    return bytes;
  }

  @Override
  public void writeHead(Contribution contribution, ByteBuffer out) {
    metrics.writeHead(contribution.metrics(), out);
    out.putLong(contribution.computeNanos());
    for (Moments moments : contribution.moments()) {
      out.putLong(moments.count());
      write(moments.mean(), out);
      write(moments.squaredDeviations(), out);
    }
  }

  @Override
  public float[] block(Contribution contribution) {
    return contribution.gradient();
  }

  @Override
  public int blockLength() {
    return trainableLength;
  }

  @Override
  public Contribution room() {
    Contribution room = reclaim();
    return room == null ? new Contribution(trainableLength, columns) : room;
  }

  @Override
  public Contribution readHead(ByteBuffer in, Contribution room) {
    Contribution contribution =
        new Contribution(metrics.readHead(in, room.metrics()), room.gradient(), room.moments());
    MetricsFormat.requireLength(in, headBytes() - metrics.headBytes());
    contribution.addComputeNanos(in.getLong());
    for (Moments moments : contribution.moments()) {
      moments.set(in.getLong());
      read(moments.mean(), in);
      read(moments.squaredDeviations(), in);
    }
    return contribution;
  }

  private static void write(double[] values, ByteBuffer out) {
    for (double value : values) {
      out.putDouble(value);
    }
  }

  private static void read(double[] values, ByteBuffer in) {
    for (int i = 0; i < values.length; i++) {
      values[i] = in.getDouble();
    }
  }
}
