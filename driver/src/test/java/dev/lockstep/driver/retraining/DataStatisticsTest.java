package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of a training split is what is in the file, however it was prepared. */
final class DataStatisticsTest {
  private static JavaSparkContext spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = RetrainingFixture.spark();
  }

  @AfterAll
  static void stop() {
    assertThat(spark.getPersistentRDDs()).isEmpty();
    spark.stop();
  }

  private static DataStatistics of(DataSettings settings, int shards, int partitions) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, shards, partitions)) {
      return DataStatistics.of(data);
    }
  }

  private static DataStatistics indexed(DataSettings settings) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, true, 2, 2)) {
      return DataStatistics.of(data);
    }
  }

  /** Row i of 1000 holds i, i mod 4 less 1.5, a constant, a city and a label. */
  private Path thousandRows() {
    List<String> lines = new ArrayList<>(List.of("i,quarter,constant,city,y"));
    for (int i = 1; i <= 1000; i++) {
      String city = i % 10 == 0 ? "" : i % 2 == 0 ? "Oslo" : "Rom";
      lines.add(i + "," + (i % 4 - 1.5) + ",7.25," + city + "," + (i % 5 == 0 ? "yes" : "no"));
    }
    return RetrainingFixture.write(folder.resolve("rows.csv"), lines);
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void everyColumnIsDescribedAsItIsInTheFile(Normalization normalize) {
    DataStatistics found =
        of(RetrainingFixture.settings(thousandRows(), List.of("city"), normalize, 0.0), 3, 2);
    assertThat(found.rows()).isEqualTo(1000);
    assertThat(found.task()).isEqualTo(Task.CLASSIFICATION);
    assertThat(found.label())
        .isEqualTo(new TextColumn("y", List.of("no", "yes"), List.of(800L, 200L), 0));
    assertThat(found.columns())
        .extracting(ColumnStatistics::name)
        .containsExactly("i", "quarter", "constant", "city");
    NumberColumn i = (NumberColumn) found.columns().get(0);
    assertThat(i.smallest()).isEqualTo(1.0);
    assertThat(i.largest()).isEqualTo(1000.0);
    assertThat(i.mean()).isCloseTo(500.5, within(1e-6));
    assertThat(i.deviation()).isCloseTo(Math.sqrt((1e6 - 1) / 12), within(1e-6));
    assertThat(i.edges())
        .containsExactly(100.5, 200.5, 300.5, 400.5, 500.5, 600.5, 700.5, 800.5, 900.5);
    assertThat(i.counts()).hasSize(10).containsOnly(100L);
    NumberColumn quarter = (NumberColumn) found.columns().get(1);
    assertThat(quarter.smallest()).isEqualTo(-1.5);
    assertThat(quarter.edges()).containsExactly(-1.0, 0.0, 1.0);
    assertThat(quarter.counts()).containsOnly(250L);
    NumberColumn constant = (NumberColumn) found.columns().get(2);
    assertThat(constant.mean()).isEqualTo(7.25);
    assertThat(constant.deviation()).isZero();
    assertThat(constant.counts()).containsExactly(0L, 1000L, 0L);
    assertThat(found.columns().get(3))
        .isEqualTo(new TextColumn("city", List.of("Oslo", "Rom"), List.of(400L, 500L), 100));
    assertThat(found.missingShare("city", found.columns().get(3))).isEqualTo(0.1);
  }

  @Test
  void textsThatEnterAsAnIndexAreCountedAlike() {
    DataSettings settings =
        RetrainingFixture.settings(thousandRows(), List.of("city"), Normalization.STANDARD, 0.0);
    assertThat(indexed(settings)).isEqualTo(withShapeOf(indexed(settings), of(settings, 2, 2)));
  }

  private static DataStatistics withShapeOf(DataStatistics shape, DataStatistics all) {
    return new DataStatistics(
        all.rows(), shape.shape(), all.label(), all.columns(), all.excluded());
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void partitionsAndShardsDoNotMatter(Normalization normalize) {
    Random random = new Random(2);
    List<String> lines = new ArrayList<>(List.of("a,b,c,y"));
    for (int i = 0; i < 700; i++) {
      lines.add(
          Math.round(1e4 * random.nextGaussian()) / 100.0
              + ","
              + Math.round(1e3 * Math.exp(3 * random.nextGaussian())) / 1e3
              + ","
              + (1000 + random.nextInt(7))
              + ","
              + Math.round(100 * random.nextDouble()) / 8.0);
    }
    Path file = RetrainingFixture.write(folder.resolve("random.csv"), lines);
    DataSettings settings = RetrainingFixture.settings(file, List.of(), normalize, 0.1);
    DataStatistics one = of(settings, 1, 1);
    assertThat(one.task()).isEqualTo(Task.REGRESSION);
    assertThat(one.rows()).isEqualTo(630);
    assertThat(of(settings, 4, 1)).isEqualTo(one).isEqualTo(of(settings, 4, 3));
    assertThat(of(settings, 7, 5)).isEqualTo(one);
  }

  @Test
  void rowsThatCannotBeUsedAreCountedByTheirColumn() {
    List<String> lines = new ArrayList<>(List.of("a,b,y"));
    for (int i = 0; i < 100; i++) {
      String a = i % 10 == 3 ? (i % 20 == 3 ? "" : "NaN") : "" + i;
      lines.add(a + "," + (i % 25 == 4 ? "n/a" : "1.5") + "," + (i == 60 ? "" : i % 2));
    }
    Path file = RetrainingFixture.write(folder.resolve("bad.csv"), lines);
    DataStatistics found =
        of(RetrainingFixture.settings(file, List.of(), Normalization.STANDARD, 0.0), 2, 2);
    assertThat(found.rows()).isEqualTo(85);
    assertThat(found.excluded())
        .isEqualTo(
            new ExcludedRows(
                100,
                15,
                Map.of("empty", 6L, "notFinite", 5L, "notNumeric", 4L),
                Map.of("a", 10L, "b", 4L, "y", 1L)));
    Map<String, ColumnStatistics> columns = found.byName();
    assertThat(found.missingShare("a", columns.get("a"))).isEqualTo(0.1);
    assertThat(found.missingShare("y", columns.get("y"))).isEqualTo(0.01);
  }

  @Test
  void manyColumnsMakeABoundedFile() {
    int columns = 3000;
    List<String> lines = new ArrayList<>();
    lines.add(
        String.join(",", IntStream.range(0, columns).mapToObj(j -> "column" + j).toList()) + ",y");
    for (int i = 0; i < 12; i++) {
      int row = i;
      lines.add(
          String.join(
                  ",",
                  IntStream.range(0, columns).mapToObj(j -> "" + (row * j % 11) / 7.0f).toList())
              + ","
              + i % 2);
    }
    Path file = RetrainingFixture.write(folder.resolve("wide.csv"), lines);
    DataStatistics found =
        of(RetrainingFixture.settings(file, List.of(), Normalization.STANDARD, 0.0), 2, 2);
    String text = DataStatisticsJson.write(found);
    assertThat(text.length()).isLessThan(600 * columns);
    assertThat(DataStatisticsJson.read(text, "wide")).isEqualTo(found);
  }
}
