package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.plan.KeyedPermutation;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.replica.Examples;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparationTest {
  @TempDir Path folder;

  @AfterEach
  void nothingStaysCached() {
    assertThat(TestSpark.context().getPersistentRDDs()).isEmpty();
  }

  private Path numbered(int rows) {
    String[] lines = new String[rows + 1];
    lines[0] = "number,label";
    for (int row = 0; row < rows; row++) {
      lines[row + 1] = row + "," + (row % 2 == 0 ? "even" : "odd");
    }
    return Fixtures.write(folder.resolve("numbered.csv"), lines);
  }

  @Test
  void shardsHoldEverySthExampleInContiguousPartitions() {
    try (PreparedData data = Settings.csv(numbered(23)).prepare(5, 3)) {
      JavaRDD<Shard> shards = data.train().shards();
      assertThat(shards.getNumPartitions()).isEqualTo(3);
      assertThat(shards.getStorageLevel()).isEqualTo(StorageLevel.MEMORY_AND_DISK());
      List<String> numbers =
          shards
              .mapPartitionsWithIndex(
                  (partition, inside) -> {
                    List<String> places = new ArrayList<>();
                    inside.forEachRemaining(
                        shard -> places.add(shard.number() + " in " + partition));
                    return places.iterator();
                  },
                  true)
              .collect();
      assertThat(numbers).containsExactly("0 in 0", "1 in 1", "2 in 1", "3 in 2", "4 in 2");
      for (Shard shard : shards.collect()) {
        Examples examples = shard.examples();
        assertThat(examples.firstIndex()).isEqualTo(shard.number());
        assertThat(examples.indexStride()).isEqualTo(5);
        assertThat(examples.count()).isEqualTo((23 - shard.number() + 4) / 5);
        assertThat(examples.weights()).isNull();
        for (int row = 0; row < examples.count(); row++) {
          assertThat(examples.features()[row]).isEqualTo((float) examples.index(row));
          assertThat(examples.targets()[row]).isEqualTo((float) (examples.index(row) % 2));
        }
      }
    }
  }

  @Test
  void everyShardExistsEvenWhenItIsEmpty() {
    try (PreparedData data = Settings.csv(numbered(20)).fractions(0.1, 0.05).prepare(8, 11)) {
      for (PreparedSplit split :
          List.of(data.train(), data.validation().orElseThrow(), data.test().orElseThrow())) {
        assertThat(split.shards().getNumPartitions()).isEqualTo(11);
        assertThat(split.shards().map(Shard::number).collect())
            .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        long examples = 0;
        for (int count : split.shards().map(shard -> shard.examples().count()).collect()) {
          examples += count;
        }
        assertThat(examples).isEqualTo(split.examples());
      }
      assertThat(data.test().orElseThrow().examples()).isEqualTo(1);
    }
  }

  @Test
  void splitsFollowTheKeyedPermutation() {
    int rows = 101;
    KeyedPermutation permutation = new KeyedPermutation(rows, 9, Purpose.SPLIT, 0);
    List<List<Integer>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int row = 0; row < rows; row++) {
      long position = permutation.invert(row);
      expected.get(position < 10 ? 2 : position < 35 ? 1 : 0).add(row);
    }
    try (PreparedData data =
        Settings.csv(numbered(rows)).fractions(0.25, 0.1).splitSeed(9).prepare(3, 2)) {
      assertThat(data.test().orElseThrow().examples()).isEqualTo(10);
      assertThat(data.validation().orElseThrow().examples()).isEqualTo(25);
      assertThat(Fixtures.column(data.train(), 0)).isEqualTo(expected.get(0));
      assertThat(Fixtures.column(data.validation().orElseThrow(), 0)).isEqualTo(expected.get(1));
      assertThat(Fixtures.column(data.test().orElseThrow(), 0)).isEqualTo(expected.get(2));
    }
  }

  @Test
  void aFractionThatRoundsToNothingGivesNoSplit() {
    try (PreparedData data = Settings.csv(numbered(4)).fractions(0.1, 0).prepare(1, 1)) {
      assertThat(data.validation()).isEmpty();
      assertThat(data.test()).isEmpty();
      assertThat(data.train().examples()).isEqualTo(4);
    }
  }

  @Test
  void aLargeSplitIsCountedOnTheCluster() {
    DataLocation location = new DataLocation.Synthetic("blobs", 300_000, 0.1, 3, 1);
    try (PreparedData data = Settings.of(location).fractions(0.1, 0.1).prepare(2, 2)) {
      KeyedPermutation permutation = new KeyedPermutation(300_000, 1, Purpose.SPLIT, 0);
      int rank = 0;
      float[][] test = Fixtures.rows(data.test().orElseThrow());
      assertThat(test).hasNumberOfRows(30_000);
      try (PreparedData all = Settings.of(location).prepare(2, 2)) {
        float[][] rows = Fixtures.rows(all.train());
        for (int row = 0; row < rows.length; row++) {
          if (permutation.invert(row) < 30_000) {
            assertThat(test[rank++]).isEqualTo(rows[row]);
          }
        }
      }
      assertThat(rank).isEqualTo(30_000);
    }
  }

  @Test
  void normalizationUsesTheTrainingSplitOnly() {
    int rows = 200;
    String[] lines = new String[rows + 1];
    lines[0] = "a,b,constant,label";
    for (int row = 0; row < rows; row++) {
      lines[row + 1] = (1000 + row * 0.25) + "," + Math.sin(row) * 1e-3 + ",3.3," + row % 3;
    }
    Path file = Fixtures.write(folder.resolve("values.csv"), lines);
    try (PreparedData raw = Settings.csv(file).fractions(0.2, 0.2).prepare(4, 3);
        PreparedData standard =
            Settings.csv(file).fractions(0.2, 0.2).normalize(Normalization.STANDARD).prepare(4, 3);
        PreparedData minMax =
            Settings.csv(file).fractions(0.2, 0.2).normalize(Normalization.MIN_MAX).prepare(4, 3)) {
      float[][] train = Fixtures.rows(raw.train());
      for (int column = 0; column < 3; column++) {
        double mean = 0;
        double smallest = Double.POSITIVE_INFINITY;
        double largest = Double.NEGATIVE_INFINITY;
        for (float[] row : train) {
          mean += row[column] / (double) train.length;
          smallest = Math.min(smallest, row[column]);
          largest = Math.max(largest, row[column]);
        }
        double variance = 0;
        for (float[] row : train) {
          variance += (row[column] - mean) * (row[column] - mean) / train.length;
        }
        boolean constant = column == 2;
        assertThat(standard.preprocessing().offset()[column])
            .isCloseTo(mean, within(1e-12 * Math.abs(mean) + 1e-15));
        double scale = constant ? 0 : 1 / Math.sqrt(variance);
        assertThat(standard.preprocessing().scale()[column])
            .isCloseTo(scale, within(1e-10 * scale));
        assertThat(minMax.preprocessing().offset()[column]).isEqualTo(smallest);
        assertThat(minMax.preprocessing().scale()[column])
            .isEqualTo(constant ? 0 : 1 / (largest - smallest));
      }
      for (PreparedData data : List.of(standard, minMax)) {
        check(raw.train(), data.train(), data.preprocessing());
        check(
            raw.validation().orElseThrow(), data.validation().orElseThrow(), data.preprocessing());
        check(raw.test().orElseThrow(), data.test().orElseThrow(), data.preprocessing());
      }
      assertThat(raw.preprocessing().normalization()).isEqualTo("none");
      assertThat(standard.preprocessing().normalization()).isEqualTo("standard");
      assertThat(minMax.preprocessing().normalization()).isEqualTo("minMax");
      assertThat(raw.preprocessing().scale()).containsExactly(1, 1, 1);
      assertThat(raw.fingerprint()).isEqualTo(standard.fingerprint());
    }
  }

  private static void check(
      PreparedSplit raw, PreparedSplit normalized, Preprocessing preprocessing) {
    float[][] before = Fixtures.rows(raw);
    float[][] after = Fixtures.rows(normalized);
    for (int row = 0; row < before.length; row++) {
      preprocessing.normalize(before[row], 1);
      assertThat(after[row]).isEqualTo(before[row]);
      assertThat(after[row][2]).isZero();
    }
  }

  @Test
  void labelsOfEachKind() {
    assertLabels(Task.CLASSIFICATION, List.of("2", "10", "33"), null, "10", "2", "33", "2");
    assertLabels(Task.CLASSIFICATION, List.of("-1", "0", "1"), null, "1.0", "0", "-1", "1");
    assertLabels(Task.CLASSIFICATION, List.of("1", "10", "2", "b"), null, "10", "2", "b", "1");
    assertLabels(
        Task.CLASSIFICATION,
        List.of("0.5", "1.5"),
        Task.CLASSIFICATION,
        "1.5",
        "0.5",
        "1.5",
        "0.5");
    assertLabels(Task.REGRESSION, List.of(), null, "1.5", "0.5", "1", "2");
    assertLabels(Task.REGRESSION, List.of(), Task.REGRESSION, "1", "0", "1", "0");
  }

  private void assertLabels(Task expected, List<String> classes, Task chosen, String... labels) {
    String[] lines = new String[labels.length + 1];
    lines[0] = "x,label";
    for (int i = 0; i < labels.length; i++) {
      lines[i + 1] = i + "," + labels[i];
    }
    try (PreparedData data =
        Settings.csv(Fixtures.write(folder.resolve("labels.csv"), lines))
            .task(chosen)
            .prepare(1, 1)) {
      assertThat(data.task()).isEqualTo(expected);
      assertThat(data.preprocessing().classLabels()).isEqualTo(classes);
      float[][] rows = Fixtures.rows(data.train());
      for (int i = 0; i < labels.length; i++) {
        if (expected == Task.REGRESSION) {
          assertThat(rows[i][1]).isEqualTo(Float.parseFloat(labels[i]));
        } else if (classes.contains(labels[i])) {
          assertThat(classes.get((int) rows[i][1])).isEqualTo(labels[i]);
        }
      }
    }
  }

  @Test
  void manyWholeNumbersAreValues() {
    String[] lines = new String[ScannedRows.MAX_CLASSES_BY_DEFAULT + 2];
    lines[0] = "x,label";
    for (int row = 1; row < lines.length; row++) {
      lines[row] = "1," + row;
    }
    try (PreparedData data =
        Settings.csv(Fixtures.write(folder.resolve("many.csv"), lines)).prepare(1, 1)) {
      assertThat(data.task()).isEqualTo(Task.REGRESSION);
    }
    lines[1] = "1,7";
    try (PreparedData data =
        Settings.csv(Fixtures.write(folder.resolve("fewer.csv"), lines)).prepare(1, 1)) {
      assertThat(data.task()).isEqualTo(Task.CLASSIFICATION);
      assertThat(data.preprocessing().classLabels()).hasSize(ScannedRows.MAX_CLASSES_BY_DEFAULT);
    }
  }

  @Test
  void columnsAreChosenByNameAndOrder() {
    Path file =
        Fixtures.write(folder.resolve("columns.csv"), "a,w,label,b", "1,0.5,p,2", "3,2,q,4");
    try (PreparedData data = Settings.csv(file).weight("w").features("b", "a").prepare(2, 1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("b", "a");
      assertThat(Fixtures.rows(data.train())[1]).containsExactly(4, 3, 1);
      List<Shard> shards = data.train().shards().collect();
      assertThat(shards.get(0).examples().weights()).containsExactly(0.5f);
      assertThat(shards.get(1).examples().weights()).containsExactly(2f);
    }
    try (PreparedData data = Settings.csv(file).prepare(1, 1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("a", "w", "b");
      assertThat(data.inputShape()).isEqualTo(Shape.vector(3));
    }
    try (PreparedData data = Settings.csv(file).shape(new Shape(3, 1, 1)).prepare(1, 1)) {
      assertThat(data.inputShape()).isEqualTo(new Shape(3, 1, 1));
    }
  }

  @Test
  void readerOptionsPassThrough() {
    Path file = Fixtures.write(folder.resolve("odd.csv"), "# comment", "1;'a;b'", "2;c");
    Map<String, String> options = Map.of("SEP", ";", "quote", "'", "comment", "#");
    try (PreparedData data = Settings.csv(file).options(options).label("_c1").prepare(1, 1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("_c0");
      assertThat(data.preprocessing().classLabels()).containsExactly("a;b", "c");
    }
  }

  @Test
  void separateDataAreReadOnTheirOwn() {
    Path train = Fixtures.write(folder.resolve("train.csv"), "x,y,label", "0,1,p", "2,3,q");
    Path validation =
        Fixtures.write(
            folder.resolve("validation.csv"), "label,extra,y,x", "q,?,8,6", "p,?,1,4", "p,?,1,5");
    DataLocation location = new DataLocation.Csv(List.of(validation.toString()));
    try (PreparedData data =
        Settings.csv(train).separate(location).normalize(Normalization.MIN_MAX).prepare(2, 2)) {
      PreparedSplit split = data.validation().orElseThrow();
      assertThat(split.examples()).isEqualTo(3);
      assertThat(Fixtures.rows(split)[0]).containsExactly(3, 3.5f, 1);
      assertThat(Fixtures.rows(split)[2]).containsExactly(2.5f, 0, 0);
      try (PreparedData alone = Settings.csv(train).prepare(2, 2)) {
        assertThat(alone.fingerprint()).isNotEqualTo(data.fingerprint());
      }
    }
  }

  @Test
  void theFingerprintIsOfTheDataAndTheirOrder() {
    Path file = folder.resolve("data.csv");
    Fixtures.write(file, "x,y,label", "1,2,p", "3,4,q", "5,6,p");
    String reference = fingerprint(Settings.csv(file), 1, 1);
    assertThat(reference).matches("[0-9a-f]{64}");
    assertThat(
            fingerprint(
                Settings.csv(file).fractions(0.3, 0).normalize(Normalization.STANDARD), 2, 3))
        .isEqualTo(reference);
    Fixtures.write(file, "x,y,label", "3,4,q", "1,2,p", "5,6,p");
    assertThat(fingerprint(Settings.csv(file), 1, 1)).as("other order").isNotEqualTo(reference);
    Fixtures.write(file, "x,y,label", "1,2,q", "3,4,q", "5,6,p");
    assertThat(fingerprint(Settings.csv(file), 1, 1)).as("other label").isNotEqualTo(reference);
    Fixtures.write(file, "x,y,label", "1,2,p", "3,4,q", "5,6.5,p");
    assertThat(fingerprint(Settings.csv(file), 1, 1)).as("other value").isNotEqualTo(reference);
    Fixtures.write(file, "x,z,label", "1,2,p", "3,4,q", "5,6,p");
    assertThat(fingerprint(Settings.csv(file), 1, 1)).as("other column").isNotEqualTo(reference);
  }

  private static String fingerprint(Settings settings, int shards, int partitions) {
    try (PreparedData data = settings.prepare(shards, partitions)) {
      return data.fingerprint();
    }
  }

  @Test
  void trainingDataAreLookedAtBeforeSeparateDataAreRead() {
    Path train = Fixtures.write(folder.resolve("train.csv"), "x,label", "1,p", "2,q", "3,q");
    Path other = Fixtures.write(folder.resolve("other.csv"), "z,label", "1,p");
    DataSettings settings =
        Settings.csv(train).separate(new DataLocation.Csv(List.of(other.toString()))).build();
    List<Long> seen = new ArrayList<>();
    assertThatThrownBy(
            () ->
                checked(
                    settings,
                    training -> {
                      assertThat(training.validation()).isEmpty();
                      assertThat(training.locationOf(Split.VALIDATION).badRows().split())
                          .isEqualTo(Split.TRAIN);
                      seen.add(training.train().examples());
                    }))
        .hasMessageContaining("other.csv has no column 'x'");
    assertThat(seen).containsExactly(3L);
    assertThatThrownBy(
            () ->
                checked(
                    settings,
                    training -> {
                      throw LockstepException.data("Not these data.");
                    }))
        .hasMessage("Not these data.");
  }

  private static PreparedData checked(DataSettings settings, TrainingCheck check) {
    return DataPreparation.prepare(
        TestSpark.context(), settings, false, 1, 1, Quarantine.NONE, check);
  }

  @Test
  void everyLocationHasAFingerprintOfItsOwn() {
    Path train = Fixtures.write(folder.resolve("train.csv"), "x,label", "1,p", "2,q", "3,q");
    Path other = Fixtures.write(folder.resolve("other.csv"), "x,label", "1,p", "2,q");
    Settings settings = Settings.csv(train);
    String alone = fingerprint(Settings.csv(other), 1, 1);
    String training = fingerprint(settings, 1, 1);
    settings.separate(new DataLocation.Csv(List.of(other.toString())));
    try (PreparedData data = settings.prepare(1, 1)) {
      assertThat(data.locationOf(Split.VALIDATION).fingerprint()).isEqualTo(alone);
      assertThat(data.locationOf(Split.TRAIN).fingerprint()).isEqualTo(training);
      assertThat(data.locationOf(Split.TEST)).isSameAs(data.locationOf(Split.TRAIN));
      assertThat(data.fingerprint()).isNotIn(alone, training);
    }
  }

  @Test
  void aModelFixesFeaturesLabelsAndNormalization() {
    Path file =
        Fixtures.write(folder.resolve("new.csv"), "extra,label,b,a", "x,2.0,1,10", "y,7,2,20");
    Preprocessing model =
        new Preprocessing(
            List.of("a", "b"),
            "label",
            List.of("1", "2", "7"),
            "standard",
            new double[] {10, 1},
            new double[] {0.5, 2});
    DataSettings settings = Settings.csv(file).build();
    try (PreparedData data =
        DataPreparation.prepareForModel(
            TestSpark.context(), settings, model, Task.CLASSIFICATION, 4, 2)) {
      assertThat(data.train().examples()).isEqualTo(2);
      assertThat(data.train().shards().count()).isEqualTo(4);
      assertThat(Fixtures.rows(data.train())[0]).containsExactly(0, 0, 1);
      assertThat(Fixtures.rows(data.train())[1]).containsExactly(5, 2, 2);
      assertThat(data.preprocessing().classLabels()).containsExactly("1", "2", "7");
      assertThat(data.preprocessing().scale()).containsExactly(0.5, 2);
    }
    Fixtures.write(file, "label,b,a", "2,1,10", "8,2,20");
    assertThatThrownBy(
            () ->
                DataPreparation.prepareForModel(
                    TestSpark.context(), settings, model, Task.CLASSIFICATION, 1, 1))
        .hasMessageContaining(
            "new.csv, row 2, column 'label': '8' is not one of the 3 known classes: 1, 2, 7.");
  }

  @Test
  void aModelOfLibSvmDataMeetsFewerAndMoreIndices() {
    Path file = Fixtures.write(folder.resolve("new.libsvm"), "1 2:5", "0 1:1 9:3");
    Preprocessing model =
        new Preprocessing(
            List.of("f1", "f2", "f3"),
            "label",
            List.of("0", "1"),
            "none",
            new double[3],
            new double[] {1, 1, 1});
    DataSettings settings =
        Settings.of(new DataLocation.LibSvm(List.of(file.toString()))).options(Map.of()).build();
    try (PreparedData data =
        DataPreparation.prepareForModel(
            TestSpark.context(), settings, model, Task.CLASSIFICATION, 1, 1)) {
      assertThat(Fixtures.rows(data.train())[0]).containsExactly(0, 5, 0, 1);
      assertThat(Fixtures.rows(data.train())[1]).containsExactly(1, 0, 0, 0);
    }
  }
}
