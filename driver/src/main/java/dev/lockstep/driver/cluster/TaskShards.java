package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.FlatMapFunction2;

/** The shards of every split in one partition. Never leaves the task that it was made in. */
final class TaskShards {
  private final Map<Split, List<Shard>> splits = new EnumMap<>(Split.class);

  /** The shards of a split that the run has. */
  List<Shard> of(Split split) {
    return splits.get(split);
  }

  /** The numbers of the training shards, in order. */
  int[] numbers() {
    List<Shard> shards = splits.get(Split.TRAIN);
    int[] numbers = new int[shards.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = shards.get(i).number();
    }
    return numbers;
  }

  /**
   * One element for each partition.
   *
   * @param splits all with the same number of partitions
   */
  static JavaRDD<TaskShards> zip(Map<Split, JavaRDD<Shard>> splits) {
    JavaRDD<TaskShards> zipped = null;
    for (Map.Entry<Split, JavaRDD<Shard>> split : new EnumMap<>(splits).entrySet()) {
      zipped =
          zipped == null
              ? split.getValue().mapPartitions(new First(split.getKey()))
              : zipped.zipPartitions(split.getValue(), new Next(split.getKey()));
    }
    return zipped;
  }

  private TaskShards with(Split split, Iterator<Shard> shards) {
    splits.put(split, Partials.list(shards));
    return this;
  }

  private static final class First implements FlatMapFunction<Iterator<Shard>, TaskShards> {
    private static final long serialVersionUID = 1L;

    private final Split split;

    private First(Split split) {
      this.split = split;
    }

    @Override
    public Iterator<TaskShards> call(Iterator<Shard> shards) {
      return List.of(new TaskShards().with(split, shards)).iterator();
    }
  }

  private static final class Next
      implements FlatMapFunction2<Iterator<TaskShards>, Iterator<Shard>, TaskShards> {
    private static final long serialVersionUID = 1L;

    private final Split split;

    private Next(Split split) {
      this.split = split;
    }

    @Override
    public Iterator<TaskShards> call(Iterator<TaskShards> others, Iterator<Shard> shards) {
      return List.of(others.next().with(split, shards)).iterator();
    }
  }
}
