package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.BundledDataSet;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever computes the steps, the parameters after three epochs agree in every bit. */
class SameBitsTest {
  private static final AtomicInteger FAILURES = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void threadsCoresAndPartitionsChangeNothing(int shards) {
    String expected;
    try (JavaSparkContext spark = TrainingFixture.spark("local[1]")) {
      DataSettings digits = TrainingFixture.digits();
      expected = TrainingFixture.trainLocally(spark, digits, shards, 1);
      assertThat(TrainingFixture.trainLocally(spark, digits, shards, 3)).isEqualTo(expected);
      assertThat(TrainingFixture.trainOnTree(spark, digits, shards, 1)).isEqualTo(expected);
    }
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      DataSettings digits = TrainingFixture.digits();
      for (int partitions : List.of(1, Math.min(2, shards), shards)) {
        assertThat(TrainingFixture.trainOnTree(spark, digits, shards, partitions))
            .as("%d shards in %d partitions", shards, partitions)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void goingFromOneKindOfReplicasToAnotherChangesNothing() {
    int shards = 3;
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        PreparedData data =
            DataPreparation.prepare(spark, TrainingFixture.digits(), shards, shards)) {
      ReplicaBlueprint blueprint = TrainingFixture.blueprint(data, shards);
      JavaRDD<Shard> train = data.train().shards();
      List<Shard> all = train.collect();
      List<String> started = new ArrayList<>();
      AtomicInteger seconds = new AtomicInteger();
      AutoReplicas auto =
          new AutoReplicas(
              List.of(
                  new AutoReplicas.Candidate(
                      "local",
                      () -> {
                        started.add("local");
                        return new LocalReplicas(blueprint, Map.of(Split.TRAIN, all), 2);
                      }),
                  new AutoReplicas.Candidate(
                      "tree",
                      () -> {
                        started.add("tree");
                        return new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, train));
                      })),
              Map.of(),
              78,
              // Every step seems to take a second, and so to compute hardly any of its time.
              () -> 1_000_000_000L * seconds.incrementAndGet());
      try (auto) {
        assertThat(TrainingFixture.train(auto, blueprint))
            .isEqualTo(TrainingFixture.trainLocally(spark, TrainingFixture.digits(), shards, 1));
      }
      assertThat(started).containsExactly("local", "tree", "local");
    }
  }

  @Test
  void manyShardsThatMeetInShufflesGiveTheSameBits() {
    int shards = 37;
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      DataSettings digits = TrainingFixture.digits();
      String expected = TrainingFixture.trainLocally(spark, digits, shards, 2);
      for (int partitions : List.of(4, 7, 37)) {
        assertThat(TrainingFixture.trainOnTree(spark, digits, shards, partitions))
            .as("%d partitions", partitions)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void augmentedExamplesAreTheSameWhereverTheyAreMade() {
    int shards = 3;
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      DataSettings augmented = TrainingFixture.augmentedDigits();
      String expected = TrainingFixture.trainLocally(spark, augmented, shards, 1);
      assertThat(TrainingFixture.trainLocally(spark, TrainingFixture.digits(), shards, 1))
          .as("training on the digits as they are")
          .isNotEqualTo(expected);
      assertThat(TrainingFixture.trainLocally(spark, augmented, shards, 3)).isEqualTo(expected);
      for (int partitions : List.of(1, 3)) {
        assertThat(TrainingFixture.trainOnTree(spark, augmented, shards, partitions))
            .as("%d partitions", partitions)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void theCutIntoFilesAndSplitsChangesNothing(@TempDir Path folder) throws IOException {
    List<String> lines = digitsAsCsv();
    Path one = Files.createDirectory(folder.resolve("one"));
    Files.write(one.resolve("digits.csv"), lines);
    Path ten = Files.createDirectory(folder.resolve("ten"));
    for (int part = 0; part < 10; part++) {
      List<String> some = new ArrayList<>();
      some.add(lines.get(0));
      int rows = lines.size() - 1;
      some.addAll(lines.subList(1 + part * rows / 10, 1 + (part + 1) * rows / 10));
      Files.write(ten.resolve(String.format(Locale.ROOT, "part-%02d.csv", part)), some);
    }
    List<String> results = new ArrayList<>();
    for (Map<String, String> splits :
        List.of(
            Map.<String, String>of(),
            Map.of(
                "spark.sql.files.maxPartitionBytes",
                "20000",
                "spark.sql.files.openCostInBytes",
                "10"),
            Map.of(
                "spark.sql.files.maxPartitionBytes", "7001", "spark.default.parallelism", "7"))) {
      try (JavaSparkContext spark = TrainingFixture.spark("local[2]", splits)) {
        for (Path data : List.of(one, ten)) {
          DataSettings settings =
              TrainingFixture.settings(
                  new DataLocation.Csv(List.of(data.toString())), Map.of("header", "true"));
          results.add(TrainingFixture.trainOnTree(spark, settings, 3, 3));
        }
      }
    }
    assertThat(results).hasSize(6).containsOnly(results.get(0));
  }

  @Test
  void aTaskThatFailsOnceChangesNothing() {
    int shards = 3;
    // The second number allows a task to fail once.
    try (JavaSparkContext spark = TrainingFixture.spark("local[2,2]")) {
      DataSettings digits = TrainingFixture.digits();
      String expected = TrainingFixture.trainLocally(spark, digits, shards, 1);
      FAILURES.set(0);
      try (PreparedData data = DataPreparation.prepare(spark, digits, shards, shards)) {
        JavaRDD<Shard> failing = data.train().shards().mapPartitions(new FailsNowAndThen(), true);
        assertThat(TrainingFixture.trainOnTree(spark, data, failing, shards)).isEqualTo(expected);
      }
      assertThat(FAILURES.get()).as("task attempts that failed").isGreaterThan(5);
    }
  }

  /** Fails the first attempt of one partition in every seventh job. */
  private static final class FailsNowAndThen implements FlatMapFunction<Iterator<Shard>, Shard> {
    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<Shard> call(Iterator<Shard> shards) {
      TaskContext task = TaskContext.get();
      if (task.attemptNumber() == 0 && task.partitionId() == 1 && task.stageId() % 7 == 0) {
        FAILURES.incrementAndGet();
        throw new IllegalStateException("a failure on purpose");
      }
      return shards;
    }
  }

  private static List<String> digitsAsCsv() throws IOException {
    List<String> lines = new ArrayList<>();
    StringBuilder header = new StringBuilder();
    for (String name : BundledDataSet.DIGITS.featureNames()) {
      header.append(name).append(',');
    }
    lines.add(header.append("label").toString());
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(BundledDataSet.class.getResourceAsStream("digits.csv.gz")),
                StandardCharsets.UTF_8))) {
      reader.lines().forEach(lines::add);
    }
    return lines;
  }
}
