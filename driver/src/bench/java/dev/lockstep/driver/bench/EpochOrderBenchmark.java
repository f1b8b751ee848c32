package dev.lockstep.driver.bench;

import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.plan.Order;
import dev.lockstep.datasets.plan.ShardOrder;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What an epoch costs before its first step: the keyed permutation and each shard's order. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class EpochOrderBenchmark {
  private static final int SHARDS = 4;
  private static final int BATCH_SIZE = 128;

  @Param({"60000", "1000000"})
  private int examples;

  private BatchPlan plan;
  private int epoch;

  /** Checks that the order is a permutation, and that the shards' slices are those of the plan. */
  @Setup(Level.Trial)
  public void setUp() {
    plan = new BatchPlan(examples, BATCH_SIZE, true, 1);
    Order order = plan.order(1);
    BitSet seen = new BitSet(examples);
    for (int position = 0; position < examples; position++) {
      seen.set((int) order.indexAt(position));
    }
    int firstStep = 0;
    for (int shard = 0; shard < SHARDS; shard++) {
      ShardOrder slices = shardOrder(shard, 1);
      firstStep += slices.to(0) - slices.from(0);
    }
    if (seen.cardinality() != examples || firstStep != BATCH_SIZE) {
      throw new IllegalStateException("the order of an epoch is not a permutation");
    }
  }

  private ShardOrder shardOrder(int shard, int ofEpoch) {
    int rows = (examples - shard + SHARDS - 1) / SHARDS;
    return ShardOrder.of(plan, ofEpoch, shard, SHARDS, rows);
  }

  /** The permutation of all examples. */
  @Benchmark
  public long permutation() {
    Order order = plan.order(++epoch);
    long sum = 0;
    for (int position = 0; position < examples; position++) {
      sum += order.indexAt(position);
    }
    return sum;
  }

  /** One of four shards' order. */
  @Benchmark
  public ShardOrder orderOfAQuarter() {
    return shardOrder(0, ++epoch);
  }
}
