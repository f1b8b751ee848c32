package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CIFAR-100 files through training, evaluation and scoring. */
final class CifarRunTest {
  private static final int PIXELS = 32 * 32;
  private static final int ROWS = 48;
  private static final int CLASSES = 3;

  @TempDir Path folder;

  /** Images of one color a class, with some noise; the coarse labels say nothing. */
  private static byte[] file(long seed) {
    Random random = new Random(seed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int row = 0; row < ROWS; row++) {
      int label = row % CLASSES;
      bytes.write(random.nextInt(20));
      bytes.write(90 + label);
      for (int channel = 0; channel < 3; channel++) {
        for (int pixel = 0; pixel < PIXELS; pixel++) {
          bytes.write((channel == label ? 200 : 20) + random.nextInt(50));
        }
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void aRunLearnsColorsAndItsModelScoresFiles() throws IOException {
    Files.write(folder.resolve("train.bin"), file(1));
    Path test = Files.write(folder.resolve("test.bin"), file(2));
    Path configuration =
        Files.writeString(
            folder.resolve("colors.yaml"),
            """
            data:
              format: cifar
              path: train.bin
              classes: 100
              validation: {fraction: 0}
              test: {path: test.bin}
            network:
              layers:
                - {kind: conv2d, filters: 4, kernel: 3, stride: 4}
                - relu
                - globalAveragePool
                - {kind: dense, units: 3}
            optimizer: {kind: adam, learningRate: 0.05}
            training: {epochs: 12, batchSize: 16, shards: 2, seed: 3, synchronizer: local}
            """);
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration, run);
    assertThat(summary.path("test").path("examples").asInt()).isEqualTo(ROWS);
    assertThat(summary.path("test").path("accuracy").asDouble()).isEqualTo(1);
    assertThat(Files.readString(run.resolve("config.yaml"))).contains("classes: 100");

    JsonNode evaluated =
        Outcome.done(
                "evaluate",
                run.toString(),
                "--data",
                test.toString(),
                "--option",
                "classes=100",
                "--master",
                "local[2]")
            .outAsJson();
    assertThat(evaluated.path("accuracy").asDouble()).isEqualTo(1);

    Path scored = folder.resolve("scored");
    Outcome.done(
        "predict",
        run.toString(),
        "--input",
        test.toString(),
        "--option",
        "classes=100",
        "--output",
        scored.toString(),
        "--master",
        "local[2]");
    List<String> lines = new ArrayList<>();
    try (Stream<Path> parts = Files.list(scored)) {
      for (Path part : parts.filter(path -> path.toString().endsWith(".csv")).toList()) {
        lines.addAll(Files.readAllLines(part));
      }
    }
    List<String> header = List.of(lines.get(0).split(","));
    assertThat(lines).hasSize(1 + ROWS);
    for (String line : lines.subList(1, lines.size())) {
      List<String> cells = List.of(line.split(","));
      assertThat(cells.get(header.indexOf("prediction")))
          .isEqualTo(cells.get(header.indexOf("label")));
    }
  }

  /** An image is never scored as another one, and never trained on as another one. */
  @Test
  void aRecordWithAnImpossibleLabelIsNamedOrLeftOut() throws IOException {
    byte[] good = file(1);
    Path clean = Files.write(folder.resolve("clean.bin"), good);
    int record = good.length / ROWS;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(good, 0, record);
    bytes.write(0);
    bytes.write(255);
    bytes.write(good, 2, record - 2);
    bytes.write(good, record, good.length - record);
    Path dirty = Files.write(folder.resolve("dirty.bin"), bytes.toByteArray());
    Path configuration =
        Files.writeString(
            folder.resolve("few.yaml"),
            """
            data: {format: cifar, path: clean.bin, classes: 100, validation: {fraction: 0.2}}
            network: {layers: [globalAveragePool, {kind: dense, units: 3}]}
            training: {epochs: 1, batchSize: 16, shards: 2, seed: 3, synchronizer: local}
            """);
    Path run = folder.resolve("run");
    JsonNode expected = Outcome.train(configuration, run);
    for (String mode : List.of("skip", "quarantine")) {
      Path output = folder.resolve(mode);
      JsonNode summary =
          Outcome.train(
              configuration,
              output,
              "--set",
              "data.path=" + dirty,
              "--set",
              "data.badRows=" + mode);
      assertThat(summary.path("parametersSha256")).isEqualTo(expected.path("parametersSha256"));
      assertThat(summary.path("badRows").path("byReason").toString())
          .isEqualTo("{\"unknownLabel\":1}");
    }
    assertThat(Files.readAllLines(folder.resolve("quarantine/quarantine/train-00000.jsonl")))
        .singleElement()
        .satisfies(
            line -> {
              JsonNode kept = Outcome.JSON.readTree(line);
              assertThat(kept.path("file").asText()).isEqualTo(dirty.toString());
              assertThat(kept.path("row").asLong()).isEqualTo(2);
              assertThat(kept.path("value").asText()).isEqualTo("255");
            });

    Path scored = folder.resolve("scored");
    Outcome outcome =
        Outcome.of(
            "predict",
            run.toString(),
            "--input",
            dirty.toString(),
            "--option",
            "classes=100",
            "--output",
            scored.toString(),
            "--master",
            "local[2]");
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains(dirty + ", row 2, column 'label': the label is 255");
    assertThat(scored).doesNotExist();
    Outcome.done(
        "predict",
        run.toString(),
        "--input",
        clean.toString(),
        "--option",
        "classes=100",
        "--output",
        scored.toString(),
        "--master",
        "local[2]");
  }

  @Test
  void classesThatDoNotExistAreAUsageError() throws IOException {
    Path file = Files.write(folder.resolve("a.bin"), file(1));
    Outcome outcome =
        Outcome.of(
            "evaluate",
            TrainedRun.get().folder().toString(),
            "--data",
            file.toString(),
            "--option",
            "classes=30");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("--option classes: '30' is none of 10, 20 and 100.");
  }
}
