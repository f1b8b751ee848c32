package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.Partition;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.BlockRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.RDDBlockId;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;

/**
 * The cached shards of all splits, partition by partition, for the one stage that stays at work.
 *
 * <p>It reads the cached partitions without depending on them, because Spark refuses a barrier
 * stage over anything that chooses some of its parent's partitions, as the splits of prepared data
 * do. So Spark does not know that lost partitions must be computed before: {@link #restored} does
 * that, in ordinary jobs, before each start of the stage.
 *
 * <p>That it is a {@code BlockRDD}, of the first split's blocks, makes its tasks prefer the
 * executors that hold those. An {@code RDD} of our own would have to name Scala's {@code Seq} in
 * its constructor and in the method that tells places, and that is another type in Scala 2.12 than
 * in 2.13: one jar could not serve Spark 3.5 and 4.1.
 */
final class ResidentShards extends BlockRDD<TaskShards> {
  private static final long serialVersionUID = 1L;

  private final ArrayList<Split> splits = new ArrayList<>();
  private final ArrayList<RDD<Shard>> cached = new ArrayList<>();
  private final ArrayList<Partition[]> places = new ArrayList<>();

  /**
   * The shards of these splits.
   *
   * @param shards of each split, in the same number of partitions
   */
  ResidentShards(JavaSparkContext spark, Map<Split, JavaRDD<Shard>> shards) {
    super(
        spark.sc(),
        blocks(new EnumMap<>(shards).values().iterator().next()),
        ClassTag$.MODULE$.apply(TaskShards.class));
    new EnumMap<>(shards)
        .forEach(
            (split, rdd) -> {
              splits.add(split);
              cached.add(rdd.rdd());
              places.add(rdd.rdd().partitions());
            });
  }

  private static BlockId[] blocks(JavaRDD<Shard> cached) {
    BlockId[] blocks = new BlockId[cached.getNumPartitions()];
    for (int partition = 0; partition < blocks.length; partition++) {
      blocks[partition] = new RDDBlockId(cached.id(), partition);
    }
    return blocks;
  }

  /**
   * The same shards where they lie now. Partitions that executors took with them are brought back
   * before.
   */
  ResidentShards restored(JavaSparkContext spark) {
    Map<Split, JavaRDD<Shard>> shards = new EnumMap<>(Split.class);
    for (int i = 0; i < cached.size(); i++) {
      cached.get(i).count();
      shards.put(splits.get(i), cached.get(i).toJavaRDD());
    }
    return new ResidentShards(spark, shards);
  }

  @Override
  public Iterator<TaskShards> compute(Partition partition, TaskContext context) {
    Map<Split, List<Shard>> shards = new EnumMap<>(Split.class);
    for (int i = 0; i < cached.size(); i++) {
      List<Shard> ofSplit = new ArrayList<>();
      Iterator<Shard> all = cached.get(i).iterator(places.get(i)[partition.index()], context);
      while (all.hasNext()) {
        ofSplit.add(all.next());
      }
      shards.put(splits.get(i), ofSplit);
    }
    return scala.collection.Iterator$.MODULE$.single(new TaskShards(shards));
  }
}
