package dev.lockstep.driver.cluster;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A contribution to bytes and back, by the serializer that Spark's tasks use, beside a copy of the
 * gradient in memory: what the wire format costs in copies. The gradient takes 4 bytes a parameter,
 * so GB/s are 4e-3 · parameters / µs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class WireFormatsBenchmark {
  @Param({"20000", "235146", "2000000"})
  private int parameters;

  private Kryo kryo;
  private Contribution contribution;
  private float[] copy;
  private Output output;
  private byte[] bytes;

  /** Makes a contribution and checks that it comes back as it was. */
  @Setup(Level.Trial)
  public void setUp() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.kryo.registrator", LockstepKryoRegistrator.class.getName())
            .set("spark.kryo.registrationRequired", "true");
    kryo = new KryoSerializer(conf).newKryo();
    float[] gradient = new float[parameters];
    for (int i = 0; i < parameters; i++) {
      gradient[i] = (float) Math.sin(i);
    }
    contribution = new Contribution(new MetricSums(0), gradient, new Moments[0]);
    copy = new float[parameters];
    output = new Output(8 * parameters, -1);
    bytes = Arrays.copyOf(output.getBuffer(), write());
    System.arraycopy(output.getBuffer(), 0, bytes, 0, bytes.length);
    if (!Arrays.equals(gradient, read().gradient())) {
      throw new IllegalStateException("a contribution came back changed");
    }
  }

  /** To bytes. */
  @Benchmark
  public int write() {
    output.setPosition(0);
    kryo.writeClassAndObject(output, contribution);
    return output.position();
  }

  /** From bytes. */
  @Benchmark
  public Contribution read() {
    return (Contribution) kryo.readClassAndObject(new Input(bytes));
  }

  /** The base. */
  @Benchmark
  public float[] copyInMemory() {
    System.arraycopy(contribution.gradient(), 0, copy, 0, parameters);
    return copy;
  }
}
