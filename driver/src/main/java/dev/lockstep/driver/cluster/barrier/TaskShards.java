package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The shards of every split in one partition. Never leaves the task that it was made in.
 *
 * @param splits shards by split
 */
record TaskShards(Map<Split, List<Shard>> splits) {
  /** The shards of a split that the run has. */
  List<Shard> of(Split split) {
    return splits.get(split);
  }

  /** The numbers of the training shards, in order. */
  List<Integer> numbers() {
    List<Integer> numbers = new ArrayList<>();
    for (Shard shard : of(Split.TRAIN)) {
      numbers.add(shard.number());
    }
    return numbers;
  }
}
