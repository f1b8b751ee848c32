package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShardHandoverTest {
  @Test
  void theDriverGetsWhatSparkKeepsAndNoCopies() {
    String yaml =
        """
        data: {format: synthetic, name: blobs, samples: 200}
        network: {layers: [{kind: dense, units: 3}]}
        """;
    try (Lockstep lockstep = Lockstep.start("local[2]");
        PreparedData data = lockstep.prepare(yaml, 5)) {
      List<Shard> shards = ShardHandover.collect(data.train().shards());
      assertThat(shards).extracting(Shard::number).containsExactly(0, 1, 2, 3, 4);
      List<Shard> again = ShardHandover.collect(data.train().shards());
      for (int i = 0; i < shards.size(); i++) {
        assertThat(again.get(i).examples()).isSameAs(shards.get(i).examples());
      }
      assertThat(shards.stream().mapToLong(shard -> shard.examples().count()).sum())
          .isEqualTo(data.train().examples());
    }
  }
}
