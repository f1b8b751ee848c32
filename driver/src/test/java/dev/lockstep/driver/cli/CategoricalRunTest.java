package dev.lockstep.driver.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Columns of texts from the data to the predictions. */
final class CategoricalRunTest {
  private static final List<String> COLORS = List.of("red", "green", "blue", "gray");

  @TempDir private Path folder;

  /** The color alone decides about the price; the size is noise. */
  private Path configuration(String firstLayer) throws IOException {
    List<String> lines = new ArrayList<>(List.of("size,color,price"));
    for (int row = 0; row < 240; row++) {
      String color = COLORS.get(row % 4);
      boolean dear = color.equals("red") || color.equals("gray");
      lines.add(row * 37 % 101 + "," + color + "," + (dear ? "dear" : "cheap"));
    }
    Files.write(folder.resolve("things.csv"), lines);
    return Files.writeString(
        folder.resolve("things.yaml"),
        """
        data:
          format: csv
          path: things.csv
          options: {header: true}
          label: price
          categorical: [color]
          validation: {fraction: 0.1}
          test: {fraction: 0.2}
        network: {layers: [%s{kind: dense, units: 2}]}
        optimizer: {kind: adam, learningRate: 0.1}
        training: {epochs: 10, batchSize: 16, shards: 2, synchronizer: local}
        """
            .formatted(firstLayer));
  }

  private static List<String> rowsOf(Path output) throws IOException {
    List<String> rows = new ArrayList<>();
    try (Stream<Path> files = Files.list(output)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".csv")).sorted().toList()) {
        rows.addAll(Files.readAllLines(file));
      }
    }
    return rows;
  }

  private void trainEvaluateAndPredict(Path configuration) throws IOException {
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("test").path("accuracy").asDouble()).isEqualTo(1.0);
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("categorical:\n    - color\n");

    JsonNode evaluated =
        Outcome.done(
                "evaluate",
                run.toString(),
                "--data",
                configuration.toString(),
                "--master",
                "local[2]")
            .outAsJson();
    assertThat(evaluated.path("accuracy").asDouble()).isEqualTo(1.0);
    assertThat(evaluated.path("loss").asDouble())
        .isCloseTo(summary.path("test").path("loss").asDouble(), within(1e-6));

    Path input =
        Files.writeString(
            folder.resolve("new.csv"), "id,color,size\n1,gray,3\n2,blue,90\n3,mauve,50\n4,,50\n");
    Path output = folder.resolve("scored");
    Outcome.done(
        "predict",
        run.toString(),
        "--input",
        input.toString(),
        "--output",
        output.toString(),
        "--master",
        "local[2]");
    List<String> rows = rowsOf(output);
    assertThat(rows.get(0))
        .isEqualTo("id,color,size,prediction,probability_cheap,probability_dear");
    assertThat(rows.get(1)).startsWith("1,gray,3,dear,");
    assertThat(rows.get(2)).startsWith("2,blue,90,cheap,");
    assertThat(rows.get(3)).startsWith("3,mauve,50,");
    assertThat(rows.get(4).substring(rows.get(4).indexOf(",50,")))
        .as("an empty cell and a new text are the same")
        .isEqualTo(rows.get(3).substring(rows.get(3).indexOf(",50,")));
  }

  @Test
  void textsAreLearnedVectorsWithAnEmbeddingLayer() throws IOException {
    trainEvaluateAndPredict(configuration("{kind: embedding, dimension: 2}, "));
    JsonNode preprocessing = Outcome.json(folder.resolve("run/model/preprocessing.json"));
    assertThat(preprocessing.path("features").findValuesAsText("name"))
        .containsExactly("size", "color");
    assertThat(preprocessing.path("categorical").path(0).path("indexed").asBoolean()).isTrue();
    JsonNode embedding =
        Outcome.json(folder.resolve("run/model/model.json")).path("network").path("layers").path(0);
    assertThat(embedding.path("tables").path(0).path("position").asInt()).isEqualTo(1);
    assertThat(embedding.path("tables").path(0).path("levels").asInt()).isEqualTo(4);
    assertThat(Files.readString(folder.resolve("run/model/model.safetensors"), ISO_8859_1))
        .contains("\"0.tables.0.weight\"", "[4,2]", "\"1.weight\"", "[2,3]");
  }

  @Test
  void anEmbeddingLayerNeedsTextsAndTheFirstPlace() throws IOException {
    Path configuration = configuration("{kind: embedding, dimension: 2}, ");
    for (String[] change :
        new String[][] {
          {"data.features=[size]", "data.categorical=[]", "data.categorical"},
          {"data.splitSeed=1", "network.layers=[relu, {kind: embedding, dimension: 2}]", "first"},
        }) {
      Outcome outcome =
          Outcome.of(
              "train",
              configuration.toString(),
              "--output",
              folder.resolve("refused").toString(),
              "--master",
              "local[1]",
              "--set",
              change[0],
              "--set",
              change[1]);
      assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
      assertThat(outcome.err()).contains("network.layers[", "embedding", change[2]);
      assertThat(folder.resolve("refused")).doesNotExist();
    }
  }

  @Test
  void textsAreOneHotWithoutAnEmbeddingLayer() throws IOException {
    trainEvaluateAndPredict(configuration(""));
    JsonNode preprocessing = Outcome.json(folder.resolve("run/model/preprocessing.json"));
    assertThat(preprocessing.path("features").findValuesAsText("name"))
        .containsExactly("size", "color=blue", "color=gray", "color=green", "color=red");
    JsonNode color = preprocessing.path("categorical").path(0);
    assertThat(color.path("column").asText()).isEqualTo("color");
    assertThat(color.path("firstFeature").asInt()).isEqualTo(1);
    assertThat(color.path("levels"))
        .extracting(JsonNode::asText)
        .containsExactly("blue", "gray", "green", "red");
  }
}
