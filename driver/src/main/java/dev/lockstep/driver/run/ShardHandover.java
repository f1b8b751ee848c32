package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.Shard;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.VoidFunction;

/**
 * Gives the driver the shards of a split where tasks run in the driver's own process: by reference,
 * so that what Spark keeps in memory and what the driver works on are the same arrays. Results of
 * tasks would be copies.
 */
final class ShardHandover implements VoidFunction<Iterator<Shard>> {
  private static final long serialVersionUID = 1L;

  /** By handover, then by the shard's number: a task that runs twice changes nothing. */
  private static final Map<String, Map<Integer, Shard>> HANDED_OVER = new ConcurrentHashMap<>();

  private final String handover;

  private ShardHandover(String handover) {
    this.handover = handover;
  }

  /**
   * All shards in the order of their numbers.
   *
   * @param shards in memory, on a local master
   */
  static List<Shard> collect(JavaRDD<Shard> shards) {
    String handover = UUID.randomUUID().toString();
    Map<Integer, Shard> received = new ConcurrentSkipListMap<>();
    HANDED_OVER.put(handover, received);
    try {
      shards.foreachPartition(new ShardHandover(handover));
      return List.copyOf(received.values());
    } finally {
      HANDED_OVER.remove(handover);
    }
  }

  @Override
  public void call(Iterator<Shard> shards) {
    Map<Integer, Shard> receiver = HANDED_OVER.get(handover);
    while (shards.hasNext()) {
      Shard shard = shards.next();
      receiver.put(shard.number(), shard);
    }
  }
}
