package dev.lockstep.driver.bench;

import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.Arrays;
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

/**
 * Contributions of several shards added up in the fixed tree, beside as many copies of a gradient
 * in memory: an addition reads two gradients where a copy reads one.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TreeSumBenchmark {
  @Param({"235146", "2000000"})
  private int parameters;

  @Param({"2", "16"})
  private int shards;

  private Contribution[] contributions;
  private float[] copy;

  /** Makes contributions that the sum leaves as they are but for the first, and checks the sum. */
  @Setup(Level.Trial)
  public void setUp() {
    copy = new float[parameters];
    contributions = new Contribution[shards];
    for (int shard = 0; shard < shards; shard++) {
      contributions[shard] =
          new Contribution(new MetricSums(0), new float[parameters], new Moments[0]);
      contributions[shard].metrics().addClass(0, 0, 1.0, 1.0);
    }
    for (int shard = 0; shard < shards; shard++) {
      Arrays.fill(contributions[shard].gradient(), 1f);
    }
    if (sum().gradient()[parameters - 1] != shards) {
      throw new IllegalStateException("the sum of ones is not their number");
    }
    // Zeros stay zeros, however often they are added, and cost the same.
    for (Contribution contribution : contributions) {
      Arrays.fill(contribution.gradient(), 0f);
    }
  }

  /** The sum. */
  @Benchmark
  public Contribution sum() {
    TreeSum<Contribution> sum = new TreeSum<>(new ShardTree(shards), recycled -> {});
    for (int shard = 0; shard < shards; shard++) {
      sum.add(Node.leaf(shard), contributions[shard]);
    }
    return sum.total();
  }

  /** The base: one copy for each addition. */
  @Benchmark
  public float[] copies() {
    for (int shard = 1; shard < shards; shard++) {
      System.arraycopy(contributions[shard].gradient(), 0, copy, 0, parameters);
    }
    return copy;
  }
}
