package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is wrong with what a user gives, one short paragraph says where and what, the exit code
 * tells the kind, and no output folder is left behind.
 */
final class BadInputTest {
  private static final String GOOD_ROWS =
      """
      a,b,city
      1,2,Rome
      3,4,Oslo
      5,6,Rome
      7,8,Oslo
      """;

  @TempDir private Path folder;

  /** A configuration over {@code rows.csv}, with lines of {@code more} behind it. */
  private static String configuration(String data, String layers, String more) {
    return """
        data:
          format: csv
          path: rows.csv
          options: {header: true}
          label: city
          validation: {fraction: 0}
          test: {fraction: 0}
        """
        + data.indent(2)
        + "network:\n  layers: ["
        + layers
        + "]\n"
        + more
        + (more.contains("training:") ? "" : "training: {epochs: 1, shards: 1}\n");
  }

  private static String configuration() {
    return configuration("", "{kind: dense, units: 2}", "");
  }

  static List<Arguments> badConfigurations() {
    String dense = "{kind: dense, units: 2}";
    return List.of(
        Arguments.of(
            "unknown key",
            configuration("", dense, "optimiser: {kind: adam}\n"),
            List.of("run.yaml", "optimiser", "line 10", "optimizer")),
        Arguments.of(
            "unknown kind",
            configuration("", "{kind: dens, units: 2}", ""),
            List.of("network.layers[0].kind", "dens,", "dense?")),
        Arguments.of(
            "wrong type",
            configuration("", dense, "training: {epochs: many}\n"),
            List.of("training.epochs", "many", "whole number")),
        Arguments.of(
            "negative rate",
            configuration("", dense, "optimizer: {kind: sgd, learningRate: -0.1}\n"),
            List.of("optimizer.learningRate", "-0.1", "above 0")),
        Arguments.of(
            "several problems at once",
            configuration(
                "",
                "{kind: dense, units: 0}",
                "optimizer: {kind: sgd, learningRate: fast}\ntraining: {batchSize: -1, sede: 3}\n"),
            List.of(
                "4 problems",
                "network.layers[0].units",
                "optimizer.learningRate",
                "training.batchSize",
                "training.sede",
                "seed")),
        Arguments.of("not YAML", "data: {format: csv\nnetwork", List.of("run.yaml", "line")),
        Arguments.of("empty file", "", List.of("run.yaml", "empty")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badConfigurations")
  void aConfigurationThatIsWrongIsAUsageError(String name, String text, List<String> named)
      throws IOException {
    write("rows.csv", GOOD_ROWS);
    assertRefused(2, named, train(text));
  }

  static List<Arguments> badData() {
    String dense = "{kind: dense, units: 2}";
    String good = configuration();
    return List.of(
        Arguments.of(
            "missing data file",
            3,
            good.replace("rows.csv", "gone.csv"),
            GOOD_ROWS,
            List.of("gone.csv", "no file")),
        Arguments.of(
            "missing column",
            3,
            good.replace("label: city", "label: citty"),
            GOOD_ROWS,
            List.of("rows.csv", "'citty'", "data.label", "'city'")),
        Arguments.of(
            "text where a number belongs",
            3,
            good,
            GOOD_ROWS.replace("3,4", "3,four"),
            List.of("rows.csv", "row 2", "column 'b'", "'four'")),
        Arguments.of(
            "NaN",
            3,
            good,
            GOOD_ROWS.replace("5,6", "NaN,6"),
            List.of("rows.csv", "row 3", "column 'a'", "'NaN'")),
        Arguments.of(
            "empty cell",
            3,
            good,
            GOOD_ROWS.replace("5,6", ",6"),
            List.of("rows.csv", "row 3", "column 'a'", "empty")),
        Arguments.of(
            "ragged row",
            3,
            good,
            GOOD_ROWS.replace("7,8,Oslo", "7,8,9,Oslo"),
            List.of("rows.csv", "row 4", "4 cells", "'7,8,9,Oslo'")),
        Arguments.of(
            "empty label",
            3,
            good,
            GOOD_ROWS.replace("1,2,Rome", "1,2,"),
            List.of("rows.csv", "row 1", "column 'city'", "empty")),
        Arguments.of(
            "one class only",
            3,
            good,
            GOOD_ROWS.replace("Oslo", "Rome"),
            List.of("rows.csv", "city", "'Rome'", "two classes")),
        Arguments.of(
            "a header and nothing else", 3, good, "a,b,city\n", List.of("rows.csv", "no rows")),
        Arguments.of(
            "fewer examples than shards",
            3,
            configuration("", dense, "training: {epochs: 1, shards: 5}\n"),
            GOOD_ROWS,
            List.of("rows.csv", "4 examples", "5 shards", "training.shards")),
        Arguments.of(
            "labels against output units",
            2,
            configuration("", "{kind: dense, units: 3}", ""),
            GOOD_ROWS,
            List.of("network.layers[0]", "3 outputs", "2 classes", "units")),
        Arguments.of(
            "loss against task",
            2,
            configuration("", dense, "loss: meanSquaredError\n"),
            GOOD_ROWS,
            List.of("loss", "meanSquaredError", "2 classes", "data.task")),
        Arguments.of(
            "loss of two classes against three",
            2,
            configuration("", dense, "loss: sigmoidCrossEntropy\n"),
            GOOD_ROWS + "9,9,Bern\n",
            List.of("loss", "sigmoidCrossEntropy", "3 classes")),
        Arguments.of(
            "text labels against regression",
            3,
            configuration("task: regression", "{kind: dense, units: 1}", ""),
            GOOD_ROWS,
            List.of("rows.csv", "row 1", "column 'city'", "'Rome'", "data.task")),
        Arguments.of(
            "shape against columns",
            2,
            configuration("shape: [3, 3, 1]", dense, ""),
            GOOD_ROWS,
            List.of("data.shape", "[3, 3, 1]", "2 feature columns")),
        Arguments.of(
            "missing first weights",
            3,
            good.replace("layers:", "initialWeights: gone.safetensors\n  layers:"),
            GOOD_ROWS,
            List.of("network.initialWeights", "gone.safetensors", "no such file")),
        Arguments.of(
            "first weights that are something else",
            3,
            good.replace("layers:", "initialWeights: rows.csv\n  layers:"),
            GOOD_ROWS,
            List.of("network.initialWeights", "rows.csv", "safetensors")),
        Arguments.of(
            "first weights of another network",
            3,
            good.replace(
                "layers:",
                "initialWeights: "
                    + Path.of("src/test/resources/golden/loss-mse/initial.safetensors")
                        .toAbsolutePath()
                    + "\n  layers:"),
            GOOD_ROWS,
            List.of("network.initialWeights", "initial.safetensors", "0.weight")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badData")
  void dataThatDoNotFitAreRefused(
      String name, int code, String configuration, String rows, List<String> named)
      throws IOException {
    write("rows.csv", rows);
    assertRefused(code, named, train(configuration));
  }

  static List<Arguments> badCommandLines() {
    return List.of(
        Arguments.of(2, List.of("command"), List.of()),
        Arguments.of(
            2,
            List.of("'trian' is not a command", "Did you mean: lockstep train"),
            List.of("trian", "x.yaml")),
        Arguments.of(
            2, List.of("--outputt", "--output"), List.of("train", "x.yaml", "--outputt=y")),
        Arguments.of(2, List.of("CONFIG"), List.of("train")),
        Arguments.of(2, List.of("x.yaml", "no such file"), List.of("train", "x.yaml")),
        Arguments.of(2, List.of("--output"), List.of("train", "x.yaml", "--output")),
        Arguments.of(2, List.of("--data"), List.of("evaluate", "model")),
        Arguments.of(2, List.of("--input"), List.of("predict", "model", "--output", "x")),
        Arguments.of(
            2,
            List.of("--output-format", "'xml'", "parquet"),
            List.of("predict", "m", "--input", "i", "--output", "o", "--output-format", "xml")),
        Arguments.of(
            2,
            List.of("--split", "'tset'", "validation"),
            List.of("evaluate", "m", "--data", "x.yaml", "--split", "tset")),
        Arguments.of(2, List.of("x", "summary.json"), List.of("report", "x")),
        Arguments.of(
            2, List.of("model.json", "nowhere"), List.of("evaluate", "nowhere", "--data", "x.csv")),
        Arguments.of(
            2,
            List.of("model.json", "nowhere"),
            List.of("predict", "nowhere", "--input", "x.csv", "--output", "y")));
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("badCommandLines")
  void aCommandLineThatIsWrongIsAUsageError(int code, List<String> named, List<String> line) {
    Outcome outcome = Outcome.of(line.toArray(String[]::new));
    assertRefused(code, named, outcome);
  }

  @Test
  void settingsOfSparkAndMastersAreChecked() throws IOException {
    write("rows.csv", GOOD_ROWS);
    assertRefused(
        2,
        List.of("--conf", "'spark.ui.port'", "KEY=VALUE"),
        train(configuration(), "--conf", "spark.ui.port"));
    assertRefused(
        2,
        List.of("--master", "'lokal[2]'", "local[N]"),
        train(configuration(), "--master", "lokal[2]"));
    assertRefused(
        2,
        List.of("--master", "'spark://here'"),
        train(configuration(), "--master", "spark://here"));
    assertRefused(
        2, List.of("--set", "training.epochs"), train(configuration(), "--set", "training.epochs"));
    assertRefused(
        2,
        List.of("training.epoch", "epochs"),
        train(configuration(), "--set", "training.epoch=2"));
  }

  @Test
  void anOutputFolderThatHoldsSomethingIsLeftAlone() throws IOException {
    write("rows.csv", GOOD_ROWS);
    Path precious = Files.createDirectory(folder.resolve("run")).resolve("precious.txt");
    Files.writeString(precious, "keep me");
    Outcome outcome = train(configuration());
    assertParagraph(2, List.of("--output", "run", "not empty"), outcome);
    try (Stream<Path> files = Files.list(precious.getParent())) {
      assertThat(files).containsExactly(precious);
    }
    Outcome file =
        Outcome.of("train", folder.resolve("run.yaml").toString(), "--output", precious.toString());
    assertParagraph(2, List.of("--output", "precious.txt", "is a file"), file);
    assertThat(precious).hasContent("keep me");
  }

  private Outcome train(String configuration, String... more) throws IOException {
    write("run.yaml", configuration);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                folder.resolve("run.yaml").toString(),
                "--output",
                folder.resolve("run").toString()));
    if (!List.of(more).contains("--master")) {
      arguments.addAll(List.of("--master", "local[1]"));
    }
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private void assertRefused(int code, List<String> named, Outcome outcome) {
    assertParagraph(code, named, outcome);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  /**
   * One paragraph, or the list of a configuration's problems; no stack trace, nothing on stdout.
   */
  private static void assertParagraph(int code, List<String> named, Outcome outcome) {
    if (Boolean.getBoolean("show")) {
      System.out.println(outcome.err());
    }
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(code);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).contains(named).doesNotContain("\tat ", "Exception", "\n\n");
    assertThat(outcome.err().lines().findFirst()).get().asString().startsWith("lockstep: ");
    assertThat(outcome.err().lines().skip(1))
        .allMatch(line -> line.matches("(  |Try |Did you mean|Possible solutions).*"));
    assertThat(outcome.err().strip()).doesNotEndWith(":").hasSizeLessThan(1000);
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(folder.resolve(file), text, StandardCharsets.UTF_8);
  }
}
