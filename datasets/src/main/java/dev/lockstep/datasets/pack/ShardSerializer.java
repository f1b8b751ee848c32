package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.trainer.replica.Examples;

/**
 * Writes a {@link Shard} as a header of six values and up to three raw little-endian float32 blocks
 * (features, targets, weights).
 */
public final class ShardSerializer extends Serializer<Shard> {
  /** A serializer without state, for immutable shards. */
  public ShardSerializer() {
    super(false, true);
  }

  @Override
  public void write(Kryo kryo, Output output, Shard shard) {
    Examples examples = shard.examples();
    output.writeInt(shard.number());
    output.writeInt(examples.featureCount());
    output.writeInt(examples.count());
    output.writeLong(examples.firstIndex());
    output.writeLong(examples.indexStride());
    output.writeBoolean(examples.weights() != null);
    FloatBlocks.write(output, examples.features(), examples.features().length);
    FloatBlocks.write(output, examples.targets(), examples.count());
    if (examples.weights() != null) {
      FloatBlocks.write(output, examples.weights(), examples.count());
    }
  }

  @Override
  public Shard read(Kryo kryo, Input input, Class<Shard> type) {
    int number = input.readInt();
    int featureCount = input.readInt();
    int count = input.readInt();
    long firstIndex = input.readLong();
    long indexStride = input.readLong();
    boolean weighted = input.readBoolean();
    float[] features = FloatBlocks.read(input, Math.multiplyExact(count, featureCount));
    float[] targets = FloatBlocks.read(input, count);
    float[] weights = weighted ? FloatBlocks.read(input, count) : null;
    return new Shard(
        number, new Examples(featureCount, firstIndex, indexStride, features, targets, weights));
  }
}
