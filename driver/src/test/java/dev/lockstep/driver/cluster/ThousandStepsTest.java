package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Split;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.BlockId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thousand steps leave memory and block manager where they were. */
class ThousandStepsTest {
  private static final int STEPS = 1000;
  private static final int SETTLED = 300;
  private static final long MEGABYTE = 1 << 20;

  /** Over the wire, two partitions answer the driver directly; six meet in a shuffle first. */
  @ParameterizedTest
  @CsvSource({"2, false", "6, false", "6, true"})
  void leaveNoBroadcastNoShuffleAndNoGrowingHeap(int shards, boolean inThisProcess)
      throws InterruptedException {
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        PreparedData data =
            DataPreparation.prepare(spark, TrainingFixture.digits(), shards, shards)) {
      ReplicaBlueprint blueprint = TrainingFixture.blueprint(data, shards);
      // The packing of the data has shuffled once; its outputs are what lost shards are rebuilt
      // from.
      int shuffleBlocksOfPacking = blocks(BlockId::isShuffle);
      long[] settledHeap = new long[1];
      try (Replicas replicas =
          new TreeReplicas(
              spark, blueprint, Map.of(Split.TRAIN, data.train().shards()), inThisProcess)) {
        TrainingFixture.train(
            replicas,
            blueprint,
            STEPS,
            record -> {
              if (record.step() == SETTLED) {
                settledHeap[0] = heapAfterCollection();
              }
            });
        long growth = heapAfterCollection() - settledHeap[0];
        assertThat(growth)
            .as("heap growth over %d steps, bytes", STEPS - SETTLED)
            .isLessThan(8 * MEGABYTE);
        // One for the blueprint, which lives as long as the run; Spark drops those of its own
        // stages after collections.
        assertThat(blocksLeft(BlockId::isBroadcast, 2))
            .as("live broadcast blocks")
            .isLessThanOrEqualTo(2);
        assertThat(blocksLeft(BlockId::isShuffle, shuffleBlocksOfPacking))
            .as("live shuffle blocks")
            .isEqualTo(shuffleBlocksOfPacking);
      }
    }
  }

  private interface Kind {
    boolean matches(BlockId block);
  }

  /** Counts blocks, giving Spark's cleaner time to react to collections. */
  private static int blocksLeft(Kind kind, int enough) throws InterruptedException {
    int left = Integer.MAX_VALUE;
    for (int attempt = 0; attempt < 100 && left > enough; attempt++) {
      heapAfterCollection();
      Thread.sleep(100);
      left = blocks(kind);
    }
    return left;
  }

  private static int blocks(Kind kind) {
    return SparkEnv.get().blockManager().getMatchingBlockIds(kind::matches).size();
  }

  /** The least of several looks: what a collection finds dead, Spark's cleaner frees afterwards. */
  private static long heapAfterCollection() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int look = 0; look < 3; look++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
      LockSupport.parkNanos(50_000_000);
    }
    return least;
  }
}
