package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
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
  int[] numbers() {
    List<Shard> shards = of(Split.TRAIN);
    int[] numbers = new int[shards.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = shards.get(i).number();
    }
    return numbers;
  }
}
