package dev.lockstep.driver.retraining;

import static dev.lockstep.driver.retraining.CheckedStatistics.LABEL;
import static dev.lockstep.driver.retraining.CheckedStatistics.number;
import static dev.lockstep.driver.retraining.CheckedStatistics.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.driver.config.CheckSettings;
import dev.lockstep.driver.config.CheckSettings.Limits;
import dev.lockstep.driver.config.CheckSettings.Severity;
import dev.lockstep.driver.retraining.CheckReport.Check;
import dev.lockstep.driver.retraining.CheckResult.Outcome;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is warned of, what fails, and what is said about it. */
final class DataChecksTest {
  private static final CheckSettings DEFAULT = CheckSettings.DEFAULT;

  @TempDir private Path folder;

  private static Check check(CheckReport report, String name) {
    return report.checks().stream().filter(check -> check.name().equals(name)).findFirst().get();
  }

  private static CheckReport run(
      CheckSettings settings, DataStatistics champion, DataStatistics now, SharedBins... bins) {
    return DataChecks.run(settings, champion, now, List.of(bins));
  }

  private static String sentence(CheckReport report, String name) {
    return check(report, name).results().get(0).sentence();
  }

  @Test
  void withoutAChampionOnlyWhatNeedsNoComparisonIsChecked() {
    CheckReport report = run(DEFAULT, null, CheckedStatistics.of(LABEL, number("x", 100L)));
    assertThat(report.checks()).extracting(Check::name).containsExactly("rowCount", "missing");
    assertThat(report.outcome()).isEqualTo(Outcome.PASSED);
    assertThat(report.results(Outcome.PASSED)).hasSize(2);
  }

  @Test
  void aLabelThatHasBecomeAnInputIsANewColumn() {
    TextColumn label = new TextColumn("z", List.of("a", "b"), List.of(50L, 50L), 0);
    DataStatistics champion = CheckedStatistics.of(LABEL, number("x", 100L));
    DataStatistics now = CheckedStatistics.of(label, number("x", 100L), LABEL);
    assertThat(SchemaDifferences.between(champion, now))
        .extracting(SchemaDifferences.Difference::sentence)
        .contains("The label is column 'z'; in the champion's data it was 'y'.")
        .anyMatch(sentence -> sentence.startsWith("Column 'y'") && sentence.contains("is new"));
    assertThat(SchemaDifferences.between(now, champion))
        .extracting(SchemaDifferences.Difference::sentence)
        .anyMatch(sentence -> sentence.startsWith("Column 'y'") && sentence.contains("not there"));
  }

  @Test
  void equalDataPassEverything() {
    DataStatistics data = CheckedStatistics.of(LABEL, number("x", 40L, 60L), text("t", 5, 95L));
    CheckReport report =
        run(DEFAULT, data, data, new SharedBins("x", List.of(40L, 60L), List.of(40L, 60L)));
    assertThat(report.checks())
        .extracting(Check::name)
        .containsExactly(
            "schema", "rowCount", "rowRatio", "missing", "missingIncrease", "labelShare", "psi");
    assertThat(report.outcome()).isEqualTo(Outcome.PASSED);
    assertThat(sentence(report, "psi")).contains("'x'", "index of 0 ").endsWith("is asked for.");
  }

  @Test
  void aSwitchedOffCheckIsNotMade() {
    CheckSettings off =
        new CheckSettings(
            Severity.OFF, Limits.OFF, Limits.OFF, Limits.OFF, Limits.OFF, Limits.OFF, Limits.OFF);
    DataStatistics data = CheckedStatistics.of(LABEL, number("x", 100L));
    CheckReport report =
        run(off, data, data, new SharedBins("x", List.of(100L, 0L), List.of(0L, 100L)));
    assertThat(report.checks()).isEmpty();
    assertThat(report.outcome()).isEqualTo(Outcome.PASSED);
  }

  @Test
  void everyDifferenceOfTheSchemaIsNamed() {
    DataStatistics champion =
        CheckedStatistics.of(
            LABEL, number("a", 100L), number("b", 100L), text("c", 0, 100L), number("d", 100L));
    TextColumn label = new TextColumn("y", List.of("b", "c"), List.of(50L, 50L), 0);
    DataStatistics now =
        CheckedStatistics.of(label, number("a", 100L), text("b", 0, 100L), number("e", 100L));
    Check schema = check(run(DEFAULT, champion, now), "schema");
    assertThat(schema.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(schema.failed()).isEqualTo(7);
    assertThat(schema.results())
        .extracting(CheckResult::sentence)
        .containsExactly(
            "Column 'b' is categorical; in the champion's data it was number.",
            "Column 'c' of the champion's data (categorical) is not there.",
            "Column 'd' of the champion's data (number) is not there.",
            "Column 'e' (number) is new; the champion's data do not have it.",
            "The label has new classes: c.",
            "The label has no examples of classes of the champion: a.",
            "An example has the shape 3; in the champion's data it was 4.");
  }

  @Test
  void orderAndTaskBelongToTheSchema() {
    DataStatistics champion = CheckedStatistics.of(LABEL, number("a", 100L), number("b", 100L));
    DataStatistics turned =
        CheckedStatistics.of(number("y", 100L), number("b", 100L), number("a", 100L));
    CheckReport report = run(DEFAULT, champion, turned);
    assertThat(check(report, "schema").results())
        .extracting(CheckResult::sentence)
        .containsExactly(
            "The columns are the champion's in another order: column 1 is 'b' and was 'a'.",
            "The label makes this a regression; the champion's is a classification.");
    assertThat(report.checks()).extracting(Check::name).doesNotContain("labelShare");
  }

  @Test
  void fewRowsWarnAndFewerFail() {
    DataStatistics champion = CheckedStatistics.of(1000, Map.of(), LABEL, number("x", 1000L));
    CheckReport some =
        run(DEFAULT, champion, CheckedStatistics.of(99, Map.of(), LABEL, number("x", 99L)));
    assertThat(check(some, "rowCount").outcome()).isEqualTo(Outcome.WARNED);
    assertThat(sentence(some, "rowCount"))
        .isEqualTo("There are 99 examples to train on, where rowCount.warn asks for at least 100.");
    assertThat(check(some, "rowRatio").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(sentence(some, "rowRatio"))
        .contains("0.0990 times", "99 after 1000", "rowRatio.fail asks for at least 0.100");
    CheckReport few = run(DEFAULT, null, CheckedStatistics.of(9, Map.of(), LABEL, number("x", 9L)));
    assertThat(few.outcome()).isEqualTo(Outcome.FAILED);
    CheckReport limit =
        run(DEFAULT, null, CheckedStatistics.of(100, Map.of(), LABEL, number("x", 100L)));
    assertThat(limit.outcome()).isEqualTo(Outcome.PASSED);
  }

  @Test
  void missingValuesAreLookedForInEveryColumn() {
    DataStatistics champion = CheckedStatistics.of(LABEL, number("x", 100L), text("t", 2, 98L));
    DataStatistics now =
        CheckedStatistics.of(
            100, Map.of("x", 20L, "y", 5L), LABEL, number("x", 100L), text("t", 60, 40L));
    CheckReport report = run(DEFAULT, champion, now);
    Check missing = check(report, "missing");
    assertThat(missing.warned()).isEqualTo(1);
    assertThat(missing.passed()).isEqualTo(2);
    assertThat(missing.results()).extracting(CheckResult::column).containsExactly("t");
    Check increase = check(report, "missingIncrease");
    assertThat(increase.results()).extracting(CheckResult::column).containsExactly("t", "x");
    assertThat(increase.results().get(0).value()).isCloseTo(0.58, within(1e-12));
    assertThat(increase.results().get(0).outcome()).isEqualTo(Outcome.FAILED);
    assertThat(increase.results().get(1).value()).isCloseTo(20 / 125.0, within(1e-12));
    assertThat(increase.results().get(1).outcome()).isEqualTo(Outcome.WARNED);
  }

  @Test
  void theGreatestChangeOfAClassDecides() {
    TextColumn label = new TextColumn("y", List.of("b", "c"), List.of(70L, 30L), 0);
    CheckReport report =
        run(
            DEFAULT,
            CheckedStatistics.of(LABEL, number("x", 100L)),
            CheckedStatistics.of(label, number("x", 100L)));
    CheckResult result = check(report, "labelShare").results().get(0);
    assertThat(result.value()).isCloseTo(0.5, within(1e-12));
    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.sentence()).contains("class 'a' is 0.00% after 50.00%");
  }

  @Test
  void theWorstColumnsAreListedAndAllAreCounted() {
    int columns = 30;
    DataStatistics data = CheckedStatistics.of(100_000, Map.of(), LABEL, number("x", 100_000L));
    List<SharedBins> bins = new ArrayList<>();
    for (int j = 0; j < columns; j++) {
      long moved = 1000L * j;
      bins.add(
          new SharedBins(
              "c" + j, List.of(50_000L, 50_000L), List.of(50_000L + moved, 50_000L - moved)));
    }
    Check psi = check(DataChecks.run(DEFAULT, data, data, bins), "psi");
    // (q - p) ln(q/p) summed: 0.1 from a share of 0.66, 0.25 from 0.74 on.
    assertThat(psi.passed()).isEqualTo(16);
    assertThat(psi.warned()).isEqualTo(8);
    assertThat(psi.failed()).isEqualTo(6);
    assertThat(psi.results()).hasSize(14);
    assertThat(psi.results()).extracting(CheckResult::column).startsWith("c29", "c28", "c27");
    assertThat(psi.results().get(13).column()).isEqualTo("c16");
  }

  @Test
  void chanceIsNoShift() {
    DataStatistics few = CheckedStatistics.of(20, Map.of(), LABEL, number("x", 20L));
    List<Long> before = List.of(2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L);
    List<Long> after = List.of(4L, 0L, 3L, 1L, 2L, 4L, 1L, 3L, 0L, 2L);
    CheckReport report = run(DEFAULT, few, few, new SharedBins("x", before, after));
    CheckResult result = check(report, "psi").results().get(0);
    assertThat(result.value()).isGreaterThan(0.25);
    assertThat(result.outcome()).isEqualTo(Outcome.PASSED);
    assertThat(result.sentence()).contains("chance alone gives up to 2.81 ");
  }

  @Test
  void theReportHasOneObjectForEachCheck() {
    DataStatistics champion = CheckedStatistics.of(LABEL, number("x", 100L));
    DataStatistics now = CheckedStatistics.of(LABEL, number("z", 100L));
    JsonNode json = run(DEFAULT, champion, now).toJson();
    assertThat(json.path("outcome").asText()).isEqualTo("failed");
    JsonNode schema = json.path("checks").path(0);
    assertThat(schema.path("check").asText()).isEqualTo("schema");
    assertThat(schema.path("failed").asInt()).isEqualTo(2);
    assertThat(schema.path("results").path(0).path("column").asText()).isEqualTo("x");
    assertThat(schema.path("results").path(0).path("value").isNull()).isTrue();
    JsonNode rows = json.path("checks").path(1);
    assertThat(rows.path("results").path(0).path("value").asDouble()).isEqualTo(100.0);
    assertThat(rows.path("results").path(0).path("limit").asDouble()).isEqualTo(100.0);
  }

  /** Rows of a normal column, a unit, a city and a label, from one population but for the shift. */
  private DataSettings data(String name, long seed, double shift, double unit, boolean newCity) {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>(List.of("normal,length,city,y"));
    for (int i = 0; i < 2000; i++) {
      String city = newCity && i % 2 == 0 ? "Bern" : i % 3 == 0 ? "Oslo" : "Rom";
      double length = i % 10 == 0 ? 1 + 9 * random.nextDouble() : 0.0;
      lines.add((shift + random.nextGaussian()) + "," + unit * length + "," + city + "," + i % 2);
    }
    return RetrainingFixture.settings(
        RetrainingFixture.write(folder.resolve(name), lines),
        List.of("city"),
        Normalization.STANDARD,
        0.0);
  }

  @Test
  void newRowsAreCountedInTheBinsOfTheChampion() {
    try (JavaSparkContext spark = RetrainingFixture.spark()) {
      DataStatistics champion;
      try (PreparedData before =
          DataPreparation.prepare(spark, data("before.csv", 1, 0.0, 1.0, false), 2, 2)) {
        champion = DataStatistics.of(before);
      }
      Check same = psi(spark, champion, data("same.csv", 2, 0.0, 1.0, false));
      assertThat(same.passed()).isEqualTo(3);
      assertThat(same.results().get(0).value()).isLessThan(0.03);
      // PSI of N(0, 1) and N(1, 1) in any fine bins is near 1, their symmetric divergence.
      Check shifted = psi(spark, champion, data("shifted.csv", 3, 1.0, 1.0, false));
      assertThat(shifted.results()).extracting(CheckResult::column).containsExactly("normal");
      assertThat(shifted.results().get(0).value()).isBetween(0.8, 1.05);
      assertThat(shifted.results().get(0).sentence()).contains("(mean 1.0").contains(" after ");
      Check unit = psi(spark, champion, data("unit.csv", 4, 0.0, 0.001, false));
      assertThat(unit.results()).extracting(CheckResult::column).containsExactly("length");
      Check city = psi(spark, champion, data("city.csv", 5, 0.0, 1.0, true));
      assertThat(city.results()).extracting(CheckResult::column).containsExactly("city");
      assertThat(city.failed()).isEqualTo(1);
      assertThat(spark.getPersistentRDDs()).isEmpty();
    }
  }

  /** A normal column around {@code mean}, with three rows far away. */
  private DataSettings far(String name, long seed, double mean, double far, Normalization scaled) {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>(List.of("normal,y"));
    for (int i = 0; i < 2000; i++) {
      double value = i % 700 == 1 ? far : mean + random.nextGaussian();
      lines.add(value + "," + i % 2);
    }
    return RetrainingFixture.settings(
        RetrainingFixture.write(folder.resolve(name), lines), List.of(), scaled, 0.0);
  }

  private static DataStatistics statistics(JavaSparkContext spark, DataSettings settings) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, 2, 2)) {
      return DataStatistics.of(data);
    }
  }

  @Test
  void aFewValuesFarAwayDoNotHideADrift() {
    try (JavaSparkContext spark = RetrainingFixture.spark()) {
      for (Normalization scaled : Normalization.values()) {
        DataStatistics champion = statistics(spark, far("far.csv", 1, 0.0, 1e8, scaled));
        NumberColumn column = (NumberColumn) champion.columns().get(0);
        assertThat(column.smallest()).as(scaled.name()).isBetween(-4.5, -2.5);
        assertThat(column.edges()).as(scaled.name()).hasSizeBetween(8, 9);
        Check same = psi(spark, champion, far("same.csv", 2, 0.0, 0.5, scaled));
        assertThat(same.outcome()).as(scaled.name()).isEqualTo(Outcome.PASSED);
        Check shifted = psi(spark, champion, far("shifted.csv", 3, 1.0, 0.5, scaled));
        assertThat(shifted.outcome()).as(scaled.name()).isEqualTo(Outcome.FAILED);
        // Nor do they make a drift of what is none.
        DataStatistics before = statistics(spark, far("before.csv", 4, 0.0, 0.5, scaled));
        Check now = psi(spark, before, far("now.csv", 5, 0.0, 1e8, scaled));
        assertThat(now.outcome()).as(scaled.name()).isEqualTo(Outcome.PASSED);
      }
    }
  }

  @Test
  void aColumnOfWhichNothingIsKnownButFarValuesIsWarnedOf() {
    try (JavaSparkContext spark = RetrainingFixture.spark()) {
      Normalization scaled = Normalization.STANDARD;
      DataStatistics champion = statistics(spark, far("far.csv", 1, 0.0, 1e15, scaled));
      Check psi = psi(spark, champion, far("shifted.csv", 3, 1.0, 0.5, scaled));
      assertThat(psi.outcome()).isEqualTo(Outcome.WARNED);
      assertThat(psi.results().get(0).sentence())
          .contains("'normal' cannot be compared with the champion's data: 99.85% of their rows");
      CheckSettings silent =
          new CheckSettings(
              DEFAULT.schema(),
              DEFAULT.rowCount(),
              DEFAULT.rowRatio(),
              DEFAULT.missing(),
              DEFAULT.missingIncrease(),
              DEFAULT.labelShare(),
              new Limits(null, DEFAULT.psi().fail()));
      assertThat(psi(spark, silent, champion, far("shifted.csv", 3, 1.0, 0.5, scaled)).outcome())
          .isEqualTo(Outcome.PASSED);
      DataStatistics again = statistics(spark, far("near.csv", 4, 0.0, 0.5, scaled));
      assertThat(psi(spark, again, far("same.csv", 5, 0.0, 0.5, scaled)).outcome())
          .isEqualTo(Outcome.PASSED);
    }
  }

  private static Check psi(JavaSparkContext spark, DataStatistics champion, DataSettings settings) {
    return psi(spark, DEFAULT, champion, settings);
  }

  private static Check psi(
      JavaSparkContext spark,
      CheckSettings checks,
      DataStatistics champion,
      DataSettings settings) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, 3, 2)) {
      DataStatistics now = DataStatistics.of(data);
      return check(DataChecks.run(checks, Optional.of(champion), now, data), "psi");
    }
  }
}
