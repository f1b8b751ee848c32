package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.Kryo;
import org.apache.spark.serializer.KryoRegistrator;

/** Registers what this module sends over the wire, for {@code spark.kryo.registrationRequired}. */
public final class DatasetsKryoRegistrator implements KryoRegistrator {
  /** Called by Spark by name. */
  public DatasetsKryoRegistrator() {}

  @Override
  public void registerClasses(Kryo kryo) {
    kryo.register(Shard.class, new ShardSerializer());
    kryo.register(RowBlock.class);
    kryo.register(Scan.class);
    kryo.register(StatisticsNode.class);
    kryo.register(Object[].class);
    kryo.register(float[].class);
    kryo.register(double[].class);
    kryo.register(long[].class);
  }
}
