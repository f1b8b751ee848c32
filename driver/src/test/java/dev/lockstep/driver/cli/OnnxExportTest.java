package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.export.ModelSamples;
import dev.lockstep.driver.export.OnnxSession;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.trainer.model.ModelArtifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ONNX file of a run answers in another program what {@code predict} answers, and {@code
 * export} gives the same file.
 */
final class OnnxExportTest {
  private static final double TOLERANCE = 1e-5;
  private static final int MANY_ROWS = 257;

  @TempDir private Path folder;

  private static Outcome export(Path model, String file) {
    return Outcome.of("export", model.toString(), "--onnx", file);
  }

  @Test
  void exportGivesTheRunsOwnFileByteForByte() throws IOException {
    TrainedRun run = TrainedRun.get();
    byte[] own = Files.readAllBytes(run.folder().resolve("model").resolve("model.onnx"));
    Path plain = folder.resolve("new").resolve("animals.onnx");
    Outcome outcome = export(run.folder(), plain.toString());
    assertThat(outcome).isEqualTo(new Outcome(0, plain + System.lineSeparator(), ""));
    assertThat(plain).hasBinaryContent(own);
    try (Stream<Path> files = Files.list(plain.getParent())) {
      assertThat(files).as("nothing else is left").containsExactly(plain);
    }

    Path byUri = folder.resolve("by-uri.onnx");
    outcome = export(run.folder().resolve("model"), byUri.toUri().toString());
    assertThat(outcome).isEqualTo(new Outcome(0, byUri + System.lineSeparator(), ""));
    assertThat(byUri).hasBinaryContent(own);
  }

  @Test
  void anExportReplacesAnEarlierOne() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path file = Files.writeString(folder.resolve("model.onnx"), "an earlier one");
    assertThat(export(run.folder(), file.toString()).code()).isZero();
    assertThat(file)
        .hasBinaryContent(Files.readAllBytes(run.folder().resolve("model").resolve("model.onnx")));
  }

  private static void assertRefused(Outcome outcome, String... parts) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("lockstep: ").contains(parts).doesNotContain("\tat ");
  }

  @Test
  void whatCannotWorkIsRefused() throws IOException {
    TrainedRun run = TrainedRun.get();
    Path file = folder.resolve("model.onnx");
    assertRefused(export(folder, file.toString()), "no model in", folder.toString());
    assertRefused(Outcome.of("export", run.folder().toString()), "--onnx");
    assertRefused(export(run.folder(), ""), "--onnx", "''");
    assertRefused(export(run.folder(), "/"), "--onnx", "'/'", "folder");
    assertRefused(export(run.folder(), "nowhere://host/model.onnx"), "nowhere");
    assertThat(file).doesNotExist();

    Files.writeString(file, "mine");
    assertRefused(export(run.folder(), folder.toString()), "--onnx", folder.toString(), "folder");
    Outcome beneathAFile = export(run.folder(), file + "/model.onnx");
    assertThat(file).hasContent("mine");
    assertThat(beneathAFile.code()).isEqualTo(1);
    assertThat(beneathAFile.err())
        .startsWith("lockstep: The folder " + file)
        .doesNotContain("\tat ");
  }

  static List<Arguments> runs() {
    String digits = "{format: bundled, name: digits, test: {fraction: 0.2}%s}";
    return List.of(
        Arguments.of(
            "digits",
            digits.formatted(""),
            """
            [{kind: dense, units: 64}, batchNorm, relu, {kind: dropout, keep: 0.8},
              {kind: dense, units: 32}, batchNorm, tanh, {kind: dense, units: 10}]
            """,
            "softmaxCrossEntropy",
            List.of("--input", "digits", "--format", "bundled")),
        Arguments.of(
            "digits as images",
            digits.formatted(", shape: [8, 8, 1]"),
            """
            [{kind: conv2d, filters: 8, kernel: 3, padding: same}, batchNorm, relu, {kind: maxPool, size: 2},
              {kind: residual, projection: true, layers: [
                {kind: conv2d, filters: 16, kernel: 3, stride: 2, padding: same}, batchNorm, silu]},
              {kind: averagePool, size: 2}, flatten, layerNorm, {kind: dropout, keep: 0.9},
              {kind: dense, units: 24}, gelu, {kind: dense, units: 10}]
            """,
            "softmaxCrossEntropy",
            List.of("--input", "digits", "--format", "bundled")),
        Arguments.of(
            "iris",
            "{format: bundled, name: iris, normalize: minMax}",
            "[{kind: dense, units: 8}, sigmoid, {kind: dense, units: 3}]",
            "softmaxCrossEntropy",
            List.of("--input", "iris", "--format", "bundled")),
        Arguments.of(
            "wine",
            "{format: bundled, name: wine}",
            "[{kind: dense, units: 16}, relu, {kind: dense, units: 3}]",
            "softmaxCrossEntropy",
            List.of("--input", "wine", "--format", "bundled")),
        Arguments.of(
            "breastCancer",
            "{format: bundled, name: breastCancer}",
            "[{kind: dense, units: 8}, relu, {kind: dense, units: 1}]",
            "sigmoidCrossEntropy",
            List.of("--input", "breastCancer", "--format", "bundled")),
        Arguments.of(
            "regression",
            "{format: csv, path: %s, options: {header: true}, label: y, task: regression}"
                .formatted(REGRESSION),
            "[{kind: dense, units: 16}, tanh, {kind: dense, units: 1}]",
            "meanSquaredError",
            List.of("--input", REGRESSION.toString())));
  }

  private static final Path REGRESSION =
      Path.of("src", "test", "resources", "golden", "loss-mse", "train.csv").toAbsolutePath();

  @ParameterizedTest(name = "{0}")
  @MethodSource("runs")
  void anotherProgramAnswersAsPredictDoes(
      String name, String data, String layers, String loss, List<String> input)
      throws IOException, OrtException {
    Path configuration =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            """
            data: %s
            network:
              layers: %s
            loss: %s
            optimizer: {kind: adam, learningRate: 0.01}
            training: {epochs: 4, batchSize: 32, shards: 2, synchronizer: local}
            """
                .formatted(data, layers.strip(), loss));
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("notes"))
        .map(JsonNode::asText)
        .noneMatch(note -> note.contains("onnx"));
    Path scored = folder.resolve("scored");
    List<String> predict =
        new ArrayList<>(
            List.of(
                "predict",
                run.toString(),
                "--output",
                scored.toString(),
                "--output-format",
                "json",
                "--master",
                "local[1]"));
    predict.addAll(input);
    Outcome.done(predict.toArray(String[]::new));

    ModelArtifact model = ModelFolder.read(RunFolder.at(run.toString(), new Configuration()));
    List<JsonNode> rows = lines(scored);
    float[] features = features(rows, model.preprocessing().featureNames());
    try (OnnxSession session =
        new OnnxSession(Files.readAllBytes(run.resolve("model").resolve("model.onnx")))) {
      assertThat(labels(session.metadata())).isEqualTo(model.preprocessing().classLabels());
      OnnxSession.Answers answers = session.run(features, rows.size());
      for (int i = 0; i < rows.size(); i++) {
        assertSame(rows.get(i), answers, i, model.preprocessing().classLabels());
      }
      int columns = features.length / rows.size();
      for (int batch : new int[] {1, MANY_ROWS}) {
        float[] some = new float[batch * columns];
        for (int k = 0; k < some.length; k++) {
          some[k] = features[k % features.length];
        }
        ModelSamples.assertAgrees(model, session, some, batch);
      }
    }
  }

  private static List<JsonNode> lines(Path folder) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path part :
          files.filter(file -> file.getFileName().toString().startsWith("part-")).toList()) {
        for (String line : Files.readAllLines(part)) {
          lines.add(Outcome.JSON.readTree(line));
        }
      }
    }
    return lines;
  }

  /** Input columns as they stand in the scored rows: CSV's as texts. */
  private static float[] features(List<JsonNode> rows, List<String> names) {
    float[] features = new float[rows.size() * names.size()];
    int next = 0;
    for (JsonNode row : rows) {
      for (String name : names) {
        features[next++] = Float.parseFloat(row.path(name).asText());
      }
    }
    return features;
  }

  private static List<String> labels(Map<String, String> metadata) throws IOException {
    List<String> labels = new ArrayList<>();
    Outcome.JSON
        .readTree(metadata.getOrDefault("classLabels", "[]"))
        .forEach(label -> labels.add(label.asText()));
    return labels;
  }

  private static void assertSame(
      JsonNode row, OnnxSession.Answers answers, int i, List<String> labels) {
    if (labels.isEmpty()) {
      assertThat((double) answers.values()[i][0])
          .isCloseTo(row.path("prediction").asDouble(), within(TOLERANCE));
      return;
    }
    assertThat(labels.get((int) answers.labels()[i])).isEqualTo(row.path("prediction").asText());
    for (int k = 0; k < labels.size(); k++) {
      assertThat((double) answers.values()[i][k])
          .isCloseTo(row.path("probability_" + labels.get(k)).asDouble(), within(TOLERANCE));
    }
  }
}
