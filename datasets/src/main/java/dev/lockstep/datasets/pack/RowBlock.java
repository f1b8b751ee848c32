package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.Arrays;

/**
 * Some rows on their way to one shard, packed: what the one shuffle moves instead of row objects.
 *
 * <pre>
 *   rows      [count]            place of each row in its shard
 *   features  [count, features]  raw, row-major
 *   targets   [count]
 *   weights   [count], or null
 * </pre>
 */
final class RowBlock implements KryoSerializable {
  private static final int FIRST_CAPACITY = 8;

  private int shard;
  private int count;
  private int[] rows;
  private float[] features;
  private float[] targets;
  private float[] weights;

  /** For Kryo. */
  RowBlock() {}

  /** An empty block for a shard. */
  RowBlock(int shard, int featureCount, boolean weighted) {
    this.shard = shard;
    rows = new int[FIRST_CAPACITY];
    features = new float[FIRST_CAPACITY * featureCount];
    targets = new float[FIRST_CAPACITY];
    weights = weighted ? new float[FIRST_CAPACITY] : null;
  }

  /**
   * Appends a row.
   *
   * @param row place in the shard
   * @param values raw features, copied
   */
  void add(int row, float[] values, float target, float weight) {
    if (count == rows.length) {
      int capacity = 2 * count;
      rows = Arrays.copyOf(rows, capacity);
      features = Arrays.copyOf(features, capacity * values.length);
      targets = Arrays.copyOf(targets, capacity);
      weights = weights == null ? null : Arrays.copyOf(weights, capacity);
    }
    rows[count] = row;
    System.arraycopy(values, 0, features, count * values.length, values.length);
    targets[count] = target;
    if (weights != null) {
      weights[count] = weight;
    }
    count++;
  }

  /** The shard that the rows belong to. */
  int shard() {
    return shard;
  }

  /** Number of rows. */
  int count() {
    return count;
  }

  /** Copies every row to its place. */
  void copyTo(float[] allFeatures, float[] allTargets, float[] allWeights) {
    int featureCount = features.length / rows.length;
    for (int i = 0; i < count; i++) {
      System.arraycopy(
          features, i * featureCount, allFeatures, rows[i] * featureCount, featureCount);
      allTargets[rows[i]] = targets[i];
      if (allWeights != null) {
        allWeights[rows[i]] = weights[i];
      }
    }
  }

  @Override
  public void write(Kryo kryo, Output output) {
    int featureCount = features.length / rows.length;
    output.writeInt(shard);
    output.writeInt(count);
    output.writeInt(featureCount);
    output.writeBoolean(weights != null);
    for (int i = 0; i < count; i++) {
      output.writeInt(rows[i]);
    }
    FloatBlocks.write(output, features, count * featureCount);
    FloatBlocks.write(output, targets, count);
    if (weights != null) {
      FloatBlocks.write(output, weights, count);
    }
  }

  @Override
  public void read(Kryo kryo, Input input) {
    shard = input.readInt();
    count = input.readInt();
    int featureCount = input.readInt();
    boolean weighted = input.readBoolean();
    rows = new int[count];
    for (int i = 0; i < count; i++) {
      rows[i] = input.readInt();
    }
    features = FloatBlocks.read(input, count * featureCount);
    targets = FloatBlocks.read(input, count);
    weights = weighted ? FloatBlocks.read(input, count) : null;
  }
}
