package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.run.SparkStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scored rows: every input row once, with its columns as they were and the answer behind them. */
final class PredictTest {
  private static final List<String> PROBABILITIES =
      List.of("probability_ant", "probability_bee, or wasp", "probability_cat");

  @TempDir private Path folder;

  private static Outcome predict(Path model, String input, Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "predict",
                model.toString(),
                "--input",
                input,
                "--output",
                output.toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private static void assertDone(Outcome outcome, Path output) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out().strip()).isEqualTo(output.toString());
    assertThat(outcome.err()).isEmpty();
    assertThat(output.resolve("_SUCCESS")).exists();
  }

  /** Rows of a folder as Spark reads them, every value as text unless the format knows better. */
  private static List<Row> read(Path output, String format) throws IOException {
    try (SparkSession spark = SparkStart.start("test", "local[1]", Map.of())) {
      Dataset<Row> rows =
          spark
              .read()
              .option("header", "true")
              .option("escape", "\"")
              .format(format)
              .load(output.toString());
      List<Row> collected = new ArrayList<>(rows.collectAsList());
      if (Arrays.asList(rows.columns()).contains("id")) {
        collected.sort(Comparator.comparing(row -> row.<String>getAs("id")));
      }
      return collected;
    }
  }

  @Test
  void columnsStayAndTheAnswerStandsBehindThem() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path output = folder.resolve("scored");
    assertDone(
        predict(run.folder(), run.data().toString(), output, "--option", TrainedRun.DIALECT),
        output);

    List<Row> before = read(run.data(), "csv");
    List<Row> after = read(output, "csv");
    assertThat(after).hasSize(TrainedRun.ROWS);
    List<String> columns = new ArrayList<>(List.of(before.get(0).schema().fieldNames()));
    columns.add("prediction");
    columns.addAll(PROBABILITIES);
    int right = 0;
    for (int i = 0; i < after.size(); i++) {
      Row row = after.get(i);
      assertThat(row.schema().fieldNames()).containsExactlyElementsOf(columns);
      for (int j = 0; j < before.get(i).length(); j++) {
        assertThat(row.get(j)).as(columns.get(j)).isEqualTo(before.get(i).get(j));
      }
      double sum = 0;
      double greatest = 0;
      for (String column : PROBABILITIES) {
        double probability = Double.parseDouble(row.getAs(column));
        assertThat(probability).isBetween(0.0, 1.0);
        sum += probability;
        greatest = Math.max(greatest, probability);
      }
      assertThat(sum).isCloseTo(1, within(1e-6));
      String prediction = row.getAs("prediction");
      assertThat(Double.parseDouble(row.getAs("probability_" + prediction))).isEqualTo(greatest);
      right += prediction.equals(row.getAs("animal")) ? 1 : 0;
    }
    JsonNode metrics =
        Outcome.done(
                "evaluate",
                run.folder().toString(),
                "--data",
                run.data().toString(),
                "--option",
                TrainedRun.DIALECT,
                "--master",
                "local[2]")
            .outAsJson();
    assertThat((double) right / TrainedRun.ROWS)
        .isCloseTo(metrics.path("accuracy").asDouble(), within(1e-12));
  }

  @Test
  void parquetHoldsTheSameWithoutLabels() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path rows = folder.resolve("unlabeled.csv");
    Files.writeString(rows, "weight,id,length,height\n10,1,0.1,9\n-30,2,2,31\n");
    Path output = folder.resolve("scored");
    assertDone(
        predict(
            run.folder().resolve("model"), rows.toString(), output, "--output-format", "parquet"),
        output);
    List<Row> scored = read(output, "parquet");
    assertThat(scored).map(row -> row.<String>getAs("id")).containsExactly("1", "2");
    assertThat(scored)
        .map(row -> row.<String>getAs("prediction"))
        .containsExactly("ant", "bee, or wasp");
    assertThat(scored.get(0).<Double>getAs("probability_ant")).isGreaterThan(0.5);
  }

  @Test
  void aBadCellIsNamedAndNothingIsLeft() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path rows =
        Files.writeString(folder.resolve("rows.csv"), "length,height,weight\n1,2,3\n1,tall,3\n");
    Path output = folder.resolve("scored");
    Outcome outcome = predict(run.folder(), rows.toString(), output);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .startsWith("lockstep: " + rows + ", row 2, column 'height': 'tall' is not a number.");
    assertThat(outcome.err().strip().lines()).hasSize(1);
    assertThat(output).doesNotExist();
  }

  @Test
  void theFirstBadRowIsNamedHoweverTheFilesAreSplit() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path rows = Files.createDirectory(folder.resolve("rows"));
    for (int file = 0; file < 3; file++) {
      List<String> lines = new ArrayList<>(List.of("length,height,weight"));
      for (int row = 1; row <= 200; row++) {
        boolean bad = file > 0 && row % 150 == 0;
        lines.add(bad ? "1,2" : row + "," + (file > 0 && row == 160 ? "tall" : "2") + ",3");
      }
      Files.write(rows.resolve("f" + file + ".csv"), lines);
    }
    Path output = folder.resolve("scored");
    for (String bytes : List.of("100", "700", "100000")) {
      Outcome outcome =
          predict(
              run.folder(),
              rows.toString(),
              output,
              "--conf",
              "spark.sql.files.maxPartitionBytes=" + bytes);
      assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
      assertThat(outcome.err())
          .contains(rows.resolve("f1.csv") + ", row 150: a row has 2 cells where 3 are expected");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(rows);
    }
  }

  @Test
  void whatCannotWorkIsRefusedBeforeAnythingIsWritten() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path existing = Files.createDirectory(folder.resolve("existing"));
    Outcome outcome = predict(run.folder(), run.data().toString(), existing);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("--output", "existing", "exists already");
    assertThat(existing).isEmptyDirectory();

    Path output = folder.resolve("scored");
    Path taken =
        Files.writeString(
            folder.resolve("taken.csv"), "length,height,weight,prediction\n1,2,3,4\n");
    outcome = predict(run.folder(), taken.toString(), output);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("'prediction'");
    assertThat(output).doesNotExist();

    Path narrow = Files.writeString(folder.resolve("narrow.csv"), "length,hight,weight\n1,2,3\n");
    outcome = predict(run.folder(), narrow.toString(), output);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("'height'", "narrow.csv", "'hight'");
    assertThat(output).doesNotExist();

    outcome = predict(run.folder(), folder.resolve("gone.csv").toString(), output);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("gone.csv");
    assertThat(output).doesNotExist();
  }

  @Test
  void twoClassesWithOneLogitScoreBundledRows() throws IOException {
    Path configuration =
        Files.writeString(
            folder.resolve("cancer.yaml"),
            """
            data: {format: bundled, name: breastCancer, test: {fraction: 0.25}}
            network: {layers: [{kind: dense, units: 8}, relu, {kind: dense, units: 1}]}
            loss: sigmoidCrossEntropy
            optimizer: {kind: adam, learningRate: 0.01}
            training: {epochs: 8, batchSize: 32, shards: 2, synchronizer: local}
            """);
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThan(0.93);

    Path output = folder.resolve("scored");
    assertDone(predict(run, "breastCancer", output, "--format", "bundled"), output);
    List<Row> scored = read(output, "csv");
    assertThat(scored).hasSize(569);
    List<String> labels = new ArrayList<>();
    summary.path("classLabels").forEach(label -> labels.add(label.asText()));
    assertThat(labels).hasSize(2);
    int right = 0;
    for (Row row : scored) {
      double second = Double.parseDouble(row.getAs("probability_" + labels.get(1)));
      assertThat(Double.parseDouble(row.getAs("probability_" + labels.get(0))) + second)
          .isCloseTo(1, within(1e-6));
      assertThat(row.<String>getAs("prediction")).isEqualTo(labels.get(second > 0.5 ? 1 : 0));
      right += row.getAs("prediction").equals(row.getAs("label")) ? 1 : 0;
    }
    JsonNode all =
        Outcome.done(
                "evaluate",
                run.toString(),
                "--data",
                "breastCancer",
                "--format",
                "bundled",
                "--master",
                "local[2]")
            .outAsJson();
    assertThat(right / 569.0).isCloseTo(all.path("accuracy").asDouble(), within(1e-12));
  }

  @Test
  void regressionPredictsNumbers() throws IOException {
    Random random = new Random(11);
    List<String> lines = new ArrayList<>(List.of("a,b,price"));
    for (int i = 0; i < 300; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      lines.add(
          String.format(
              Locale.ROOT,
              "%.4f,%.4f,%.4f",
              a,
              b,
              3 * a - 2 * b + 1 + 0.1 * random.nextGaussian()));
    }
    Path data = Files.write(folder.resolve("prices.csv"), lines);
    Path configuration =
        Files.writeString(
            folder.resolve("prices.yaml"),
            """
            data: {format: csv, path: prices.csv, options: {header: true}, label: price}
            network: {layers: [{kind: dense, units: 16}, relu, {kind: dense, units: 1}]}
            optimizer: {kind: adam, learningRate: 0.02}
            training: {epochs: 30, batchSize: 32, shards: 2, synchronizer: local}
            """);
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("test").path("r2").asDouble()).isGreaterThan(0.97);
    assertThat(summary.has("classLabels")).isFalse();

    Path output = folder.resolve("scored");
    assertDone(predict(run, data.toString(), output), output);
    List<Row> scored = read(output, "csv");
    assertThat(scored.get(0).schema().fieldNames())
        .containsExactly("a", "b", "price", "prediction");
    double squares = 0;
    for (Row row : scored) {
      double error =
          Double.parseDouble(row.getAs("prediction")) - Double.parseDouble(row.getAs("price"));
      squares += error * error;
    }
    JsonNode all =
        Outcome.done("evaluate", run.toString(), "--data", data.toString(), "--master", "local[2]")
            .outAsJson();
    assertThat(all.properties())
        .map(Map.Entry::getKey)
        .containsExactly("loss", "examples", "rmse", "mae", "r2");
    assertThat(Math.sqrt(squares / 300)).isCloseTo(all.path("rmse").asDouble(), within(1e-5));
  }

  @Test
  void libsvmRowsStayAsTheyAre() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      lines.add(i % 2 == 0 ? "-1 1:" + (i % 5) + ".5 3:2" : "1 2:" + (1 + i % 4) + " 3:-1.25e0");
    }
    Path data = Files.write(folder.resolve("rows.libsvm"), lines);
    Path configuration =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            data: {format: libsvm, path: rows.libsvm, validation: {fraction: 0}}
            network: {layers: [{kind: dense, units: 2}]}
            optimizer: {kind: adam, learningRate: 0.1}
            training: {epochs: 10, batchSize: 16, shards: 2, synchronizer: local}
            """);
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("test").path("accuracy").asDouble()).isEqualTo(1.0);
    Path output = folder.resolve("scored");
    assertDone(predict(run, data.toString(), output), output);
    List<Row> scored = read(output, "csv");
    assertThat(scored)
        .map(row -> row.<String>getAs("label") + " " + row.<String>getAs("features"))
        .containsExactlyInAnyOrderElementsOf(lines);
    assertThat(scored).allMatch(row -> row.getAs("prediction").equals(row.getAs("label")));
    try (Stream<Path> files = Files.list(output)) {
      assertThat(files.filter(file -> file.toString().endsWith(".csv"))).isNotEmpty();
    }
  }
}
