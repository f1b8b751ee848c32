package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.nio.ByteBuffer;

/** Sums of loss and metrics: a head without a block. */
final class MetricsFormat implements PieceFormat<MetricSums> {
  private static final float[] NO_BLOCK = {};
  private static final int FIXED_BYTES = 6 * Long.BYTES + 3 * Long.BYTES + Integer.BYTES;

  private final int confusionClasses;

  /** The form of sums with confusion counts of this many classes, 0 for none. */
  MetricsFormat(int confusionClasses) {
    this.confusionClasses = confusionClasses;
  }

  @Override
  public int headBytes() {
    return FIXED_BYTES + confusionClasses * confusionClasses * Long.BYTES;
  }

  @Override
  public void writeHead(MetricSums sums, ByteBuffer out) {
    out.putLong(sums.examples()).putDouble(sums.weight()).putDouble(sums.lossSum());
    out.putLong(sums.correct());
    out.putDouble(sums.squaredErrorSum()).putDouble(sums.absoluteErrorSum());
    Moments target = sums.target();
    out.putLong(target.count()).putDouble(target.mean()[0]);
    out.putDouble(target.squaredDeviations()[0]);
    out.putInt(sums.confusionClasses());
    for (long count : sums.confusion()) {
      out.putLong(count);
    }
  }

  @Override
  public float[] block(MetricSums sums) {
    return NO_BLOCK;
  }

  @Override
  public int blockLength() {
    return 0;
  }

  @Override
  public MetricSums room() {
    return new MetricSums(confusionClasses);
  }

  @Override
  public MetricSums readHead(ByteBuffer in, MetricSums room) {
    requireLength(in, FIXED_BYTES);
    long examples = in.getLong();
    double weight = in.getDouble();
    double loss = in.getDouble();
    long correct = in.getLong();
    double squaredError = in.getDouble();
    double absoluteError = in.getDouble();
    Moments target = room.target();
    target.set(in.getLong());
    target.mean()[0] = in.getDouble();
    target.squaredDeviations()[0] = in.getDouble();
    int classes = in.getInt();
    if (classes != confusionClasses) {
      throw new IllegalArgumentException(
          "confusion counts of " + classes + " classes came instead of " + confusionClasses);
    }
    long[] confusion = room.confusion();
    requireLength(in, (long) confusion.length * Long.BYTES);
    for (int i = 0; i < confusion.length; i++) {
      confusion[i] = in.getLong();
    }
    return MetricSums.of(
        examples,
        weight,
        loss,
        correct,
        squaredError,
        absoluteError,
        target,
        confusionClasses,
        confusion);
  }

  static void requireLength(ByteBuffer in, long bytes) {
    if (in.remaining() < bytes) {
      throw new IllegalArgumentException(
          "a message ends " + (bytes - in.remaining()) + " bytes too early");
    }
  }
}
