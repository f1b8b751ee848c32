package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.replica.Examples;
import java.util.Arrays;

/**
 * Moments, smallest and largest value of each feature over some shards, in float64; merged in the
 * fixed tree of shard numbers.
 */
final class SplitStatistics implements Mergeable<SplitStatistics>, KryoSerializable {
  private Moments moments;
  private double[] smallest;
  private double[] largest;

  /** For Kryo. */
  SplitStatistics() {}

  /** Statistics of nothing. */
  SplitStatistics(int features) {
    moments = new Moments(features);
    smallest = new double[features];
    largest = new double[features];
    Arrays.fill(smallest, Double.POSITIVE_INFINITY);
    Arrays.fill(largest, Double.NEGATIVE_INFINITY);
  }

  /** Statistics of a shard's raw features. */
  static SplitStatistics of(Examples examples) {
    int features = examples.featureCount();
    float[] values = examples.features();
    SplitStatistics statistics = new SplitStatistics(features);
    for (int row = 0, offset = 0; row < examples.count(); row++, offset += features) {
      statistics.moments.add(values, offset);
      for (int j = 0; j < features; j++) {
        statistics.smallest[j] = Math.min(statistics.smallest[j], values[offset + j]);
        statistics.largest[j] = Math.max(statistics.largest[j], values[offset + j]);
      }
    }
    return statistics;
  }

  @Override
  public boolean isEmpty() {
    return moments.count() == 0;
  }

  @Override
  public void merge(SplitStatistics right) {
    moments.merge(right.moments);
    for (int j = 0; j < smallest.length; j++) {
      smallest[j] = Math.min(smallest[j], right.smallest[j]);
      largest[j] = Math.max(largest[j], right.largest[j]);
    }
  }

  Moments moments() {
    return moments;
  }

  /** The smallest value of each feature, [features]. */
  double[] smallest() {
    return smallest;
  }

  /** The largest value of each feature, [features]. */
  double[] largest() {
    return largest;
  }

  @Override
  public void write(Kryo kryo, Output output) {
    output.writeInt(smallest.length);
    output.writeLong(moments.count());
    output.writeDoubles(moments.mean());
    output.writeDoubles(moments.squaredDeviations());
    output.writeDoubles(smallest);
    output.writeDoubles(largest);
  }

  @Override
  public void read(Kryo kryo, Input input) {
    int features = input.readInt();
    long count = input.readLong();
    double[] mean = input.readDoubles(features);
    moments = new Moments(count, mean, input.readDoubles(features));
    smallest = input.readDoubles(features);
    largest = input.readDoubles(features);
  }
}
