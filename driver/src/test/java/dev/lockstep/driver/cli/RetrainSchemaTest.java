package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.folder.Folders;
import dev.lockstep.driver.registry.ModelRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lockstep retrain} on data whose columns or classes are not the champion's any more. */
final class RetrainSchemaTest {
  private static final int ROWS = 360;
  private static final String FIRST = "2026-11-01";
  private static final String SECOND = "2026-11-02";
  private static final String WARN = "retraining.checks.schema=warn";

  @TempDir private static Path pattern;
  @TempDir private Path place;

  /** The first night, which every test has behind it: a champion of x and y. */
  @BeforeAll
  static void firstNight() throws IOException {
    Files.createDirectories(pattern.resolve("data"));
    Files.writeString(
        pattern.resolve("sides.yaml"),
        """
        name: sides
        data:
          format: csv
          path: data/${RUN_DATE}.csv
          options: {header: true}
          label: side
          validation: {fraction: 0.1}
          test: {path: holdout.csv}
        network: {layers: [{kind: dense, units: 3}]}
        optimizer: {kind: adam, learningRate: 0.05}
        training: {epochs: 6, batchSize: 32, shards: 2, synchronizer: local}
        registry: {path: registry, keep: 3}
        retraining: {checks: {psi: off}}
        """);
    write(pattern.resolve("holdout.csv"), "x,y,z,side", 3);
    write(pattern.resolve("data/" + FIRST + ".csv"), "x,y,side", 3);
    Outcome outcome = retrain(pattern, FIRST, FIRST);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @BeforeEach
  void copy() throws IOException {
    Folders.copy(pattern, place);
  }

  /** Rows of the columns of a header; y parts the third class, which is rare, z the first two. */
  private static void write(Path file, String header, int classes) throws IOException {
    Random random = new Random(file.getFileName().hashCode());
    List<String> lines = new ArrayList<>(List.of(header));
    for (int i = 0; i < ROWS; i++) {
      int k = classes == 3 && i % 12 == 0 ? 2 : i / 2 % 2;
      List<String> cells = new ArrayList<>();
      for (String column : header.split(",", -1)) {
        boolean parts = k == (column.equals("z") ? 1 : column.equals("y") ? 2 : -1);
        double shift = parts ? 4 : 0;
        cells.add(
            column.equals("side")
                ? "c" + k
                : String.format(Locale.ROOT, "%.4f", shift + random.nextGaussian()));
      }
      lines.add(String.join(",", cells));
    }
    Files.write(file, lines);
  }

  private void day(String header, int classes) throws IOException {
    write(place.resolve("data/" + SECOND + ".csv"), header, classes);
  }

  private static Outcome retrain(Path place, String date, String run, String... settings) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "retrain",
                place.resolve("sides.yaml").toString(),
                "--run-date",
                date,
                "--output",
                place.resolve("runs").resolve(run).toString(),
                "--master",
                "local[2]",
                "--log-format",
                "json"));
    for (String setting : settings) {
      arguments.add("--set");
      arguments.add(setting);
    }
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private JsonNode decision() {
    return Outcome.json(place.resolve("runs").resolve(SECOND).resolve("decision.json"));
  }

  private int champion() {
    return ModelRegistry.at(place.resolve("registry").toString(), new Configuration())
        .requireChampion()
        .version();
  }

  /** Refused for the data, after checks with an outcome, and before anything was trained. */
  private void assertRefused(Outcome outcome, String checks, String... told) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.err()).contains(told).contains("dataSuspicious");
    assertThat(decision().path("failure").asText()).isEqualTo("data");
    assertThat(decision().path("reason").asText()).contains(told);
    assertThat(decision().path("checks").path("outcome").asText()).isEqualTo(checks);
    assertThat(place.resolve("runs").resolve(SECOND))
        .isDirectoryNotContaining("glob:**config.yaml");
    assertThat(champion()).isEqualTo(1);
  }

  @Test
  void aColumnMayGoAndAnotherComeWhereTheHoldOutHasBoth() throws IOException {
    day("y,z,side", 3);
    Outcome outcome = retrain(place, SECOND, SECOND, WARN);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode decision = decision();
    assertThat(decision.path("decision").asText()).isEqualTo("published");
    assertThat(decision.path("checks").path("outcome").asText()).isEqualTo("warned");
    for (String role : List.of("champion", "challenger")) {
      assertThat(decision.path(role).path("metrics").path("examples").asInt()).isEqualTo(ROWS);
    }
    assertThat(decision.path("improvement").asDouble()).isGreaterThan(0.2);
    assertThat(champion()).isEqualTo(2);
  }

  @Test
  void aChampionThatNobodyCanScoreIsSaidBeforeTheTraining() throws IOException {
    day("y,z,side", 3);
    assertRefused(
        retrain(place, SECOND, SECOND, WARN, "data.test={fraction: 0.3}"),
        "warned",
        "The champion cannot be scored on the test data, so nothing was trained.",
        SECOND + ".csv has no column 'x'",
        "give data.test.path rows with the columns of both models");
    write(place.resolve("holdout.csv"), "y,z,side", 3);
    assertRefused(
        retrain(place, SECOND, SECOND, WARN),
        "warned",
        "holdout.csv has no column 'x'",
        "Give data.test.path rows with the champion's columns too");
  }

  /** The hold-out is right, and not what the user is sent to. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x,w,side | 3 | Column 'y' of the champion's data (number) is not there.",
        "x,y,side | 2 | The label has no examples of classes of the champion: c2.",
      })
  void aHoldOutIsNotBlamedForTheTrainingData(String header, int classes, String told)
      throws IOException {
    day(header, classes);
    Outcome outcome = retrain(place, SECOND, SECOND);
    assertRefused(outcome, "failed", "did not pass the checks", told);
    assertThat(outcome.err()).doesNotContain("holdout.csv");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 2})
  void classesThatTheNetworkIsNotForAreNoMistakeOfTheConfiguration(int classesOfHoldOut)
      throws IOException {
    day("x,y,side", 2);
    write(place.resolve("holdout.csv"), "x,y,z,side", classesOfHoldOut);
    assertRefused(
        retrain(place, SECOND, SECOND, WARN),
        "warned",
        "The network is for the champion's 3 classes, and the new training data have 2 (without an"
            + " example: c2), so nothing was trained.",
        "or set network and loss for 2 classes.");
  }

  @Test
  void fewerClassesAreComparedWhereTheNetworkIsForThem() throws IOException {
    day("x,y,z,side", 2);
    write(place.resolve("holdout.csv"), "x,y,z,side", 2);
    Outcome outcome = retrain(place, SECOND, SECOND, WARN, "network.layers[0].units=2");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(decision().path("champion").path("metrics").path("examples").asInt())
        .isEqualTo(ROWS);
    assertThat(champion()).isEqualTo(2);
  }

  @Test
  void theBadRowsOfARefusedNightAreKept() throws IOException {
    day("x,y,side", 3);
    Path file = place.resolve("data/" + SECOND + ".csv");
    String good = Files.readString(file);
    Files.writeString(file, good.replaceAll("(?m)^-", "?"));
    Path run = place.resolve("runs").resolve(SECOND);
    Outcome outcome = retrain(place, SECOND, SECOND, "data.badRows=quarantine");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.err())
        .contains("where data.maxBadFraction allows 0.1", "They are kept in " + run);
    assertThat(Files.readAllLines(run.resolve("quarantine/train-00000.jsonl")))
        .hasSizeBetween(ROWS / 3, ROWS * 2 / 3)
        .allMatch(line -> line.contains("\"column\":\"x\""));
    assertThat(decision().path("reason").asText()).contains("They are kept in " + run);

    Path foreign = place.resolve("runs/foreign/thesis.txt");
    Files.createDirectories(foreign.getParent());
    Files.writeString(foreign, "all of it");
    Outcome refused = retrain(place, SECOND, "foreign", "data.badRows=quarantine");
    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    assertThat(foreign.getParent()).isDirectoryContaining("glob:**thesis.txt");
    assertThat(foreign.getParent()).isDirectoryNotContaining("glob:**quarantine");

    Files.writeString(file, good);
    Outcome again = retrain(place, SECOND, SECOND, "data.badRows=quarantine");
    assertThat(again.code()).as(again.err()).isIn(0, 5);
    assertThat(run.resolve("quarantine")).doesNotExist();
  }
}
