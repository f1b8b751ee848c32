package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Shard;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.storage.StorageLevel;

/**
 * Shards of synthetic examples in the executors' memory, made there. Closing it lets go of them.
 */
final class ClusterExamples implements AutoCloseable {
  private final JavaRDD<Shard> shards;

  /**
   * Makes all shards.
   *
   * @param partitions contiguous ranges that the shards are spread over, at most {@code shards}
   */
  ClusterExamples(JavaSparkContext spark, SyntheticExamples examples, int shards, int partitions) {
    List<Integer> numbers = new ArrayList<>(partitions);
    for (int partition = 0; partition < partitions; partition++) {
      numbers.add(partition);
    }
    this.shards =
        spark
            .parallelize(numbers, partitions)
            .flatMap(new Maker(examples, shards, partitions))
            .persist(StorageLevel.MEMORY_ONLY());
    if (this.shards.count() != shards) {
      throw new IllegalStateException("not every shard was made");
    }
  }

  /** The shards, in partitions of contiguous ranges. */
  JavaRDD<Shard> shards() {
    return shards;
  }

  @Override
  public void close() {
    shards.unpersist(true);
  }

  private static final class Maker implements FlatMapFunction<Integer, Shard> {
    private static final long serialVersionUID = 1L;

    private final SyntheticExamples examples;
    private final int shards;
    private final int partitions;

    Maker(SyntheticExamples examples, int shards, int partitions) {
      this.examples = examples;
      this.shards = shards;
      this.partitions = partitions;
    }

    @Override
    public Iterator<Shard> call(Integer partition) {
      return examples.shards(shards, first(partition), first(partition + 1)).iterator();
    }

    private int first(int partition) {
      return (int) ((long) partition * shards / partitions);
    }
  }
}
