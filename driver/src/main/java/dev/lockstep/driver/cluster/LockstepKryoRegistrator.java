package dev.lockstep.driver.cluster;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import dev.lockstep.datasets.pack.DatasetsKryoRegistrator;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Registers everything that a run sends between machines. Registration is required, so that a class
 * nobody thought about fails a test instead of being sent slowly.
 */
public final class LockstepKryoRegistrator implements KryoRegistrator {
  @Override
  public void registerClasses(Kryo kryo) {
    new DatasetsKryoRegistrator().registerClasses(kryo);
    kryo.register(ParameterVector.class, new WireFormats.ParameterVectorFormat());
    kryo.register(Contribution.class, new WireFormats.ContributionFormat());
    kryo.register(MetricSums.class, new WireFormats.MetricSumsFormat());
    kryo.register(ShardSum.class, new WireFormats.ShardSumFormat<>());
    kryo.register(ShardSum[].class);
    kryo.register(RangeSum.class, new WireFormats.RangeSumFormat());
    // A handful of records, sent once a run: settings, not a model.
    kryo.register(ReplicaBlueprint.class, new JavaSerializer());
  }
}
