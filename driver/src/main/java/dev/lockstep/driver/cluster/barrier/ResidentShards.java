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
import org.apache.spark.rdd.RDD;
import org.apache.spark.scheduler.TaskLocation;
import scala.collection.Iterator;
import scala.collection.Seq;
import scala.collection.immutable.List$;
import scala.reflect.ClassTag$;

/**
 * The cached shards of all splits, partition by partition, for the one stage that stays at work.
 *
 * <p>It reads the cached partitions without depending on them, because Spark refuses a barrier
 * stage over anything that chooses some of its parent's partitions, as the splits of prepared data
 * do. So Spark does not know that lost partitions must be computed before: {@link #restore} does
 * that, in ordinary jobs, before each start of the stage.
 */
final class ResidentShards extends RDD<TaskShards> {
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
    super(spark.sc(), List$.MODULE$.empty(), ClassTag$.MODULE$.apply(TaskShards.class));
    new EnumMap<>(shards)
        .forEach(
            (split, rdd) -> {
              splits.add(split);
              cached.add(rdd.rdd());
              places.add(rdd.rdd().partitions());
            });
  }

  /** Brings partitions back that executors took with them. */
  void restore() {
    for (RDD<Shard> rdd : cached) {
      rdd.count();
    }
  }

  @Override
  public Partition[] getPartitions() {
    return places.get(0);
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

  /** Where the partition of the first split lies in memory. */
  @Override
  public scala.collection.immutable.List<String> getPreferredLocations(Partition partition) {
    Seq<TaskLocation> known = sparkContext().getPreferredLocs(cached.get(0), partition.index());
    scala.collection.immutable.List<String> locations = List$.MODULE$.empty();
    Iterator<TaskLocation> each = known.reverseIterator();
    while (each.hasNext()) {
      locations = locations.$colon$colon(each.next().toString());
    }
    return locations;
  }
}
