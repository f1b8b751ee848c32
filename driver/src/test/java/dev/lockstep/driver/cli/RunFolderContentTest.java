package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves behind, read without the code that wrote it. */
final class RunFolderContentTest {
  private static final int TRAINING_ROWS = 105;
  private static final int BATCH = 16;
  private static final int STEPS_PER_EPOCH = 7;

  private final TrainedRun run = TrainedRun.get();

  @TempDir private Path folder;

  @Test
  void allFilesAreThereAndNoOthers() throws IOException {
    try (Stream<Path> files = Files.walk(run.folder())) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> run.folder().relativize(file).toString()))
          .containsExactlyInAnyOrder(
              "config.yaml",
              "summary.json",
              "metrics.jsonl",
              "report.html",
              "model/model.json",
              "model/model.onnx",
              "model/model.safetensors",
              "model/preprocessing.json");
    }
  }

  @Test
  void theResolvedConfigurationRepeatsTheRunToTheLastBit() throws IOException {
    Path resolved =
        Files.copy(run.folder().resolve("config.yaml"), folder.resolve("elsewhere.yaml"));
    assertThat(resolved)
        .content()
        .contains(
            "shards: 3", "loss:\n  kind: softmaxCrossEntropy", "task: classification", "keep: 0.9");
    assertThat(resolved).content().contains("synchronizer: auto");
    assertThat(run.summary().path("synchronizer").asText()).isEqualTo("local");
    JsonNode again =
        Outcome.train(resolved, folder.resolve("again"), "--set", "training.synchronizer=tree");
    assertThat(again.path("synchronizer").asText()).isEqualTo("tree");
    assertThat(again.path("parametersSha256")).isEqualTo(run.summary().path("parametersSha256"));
    assertThat(again.path("test")).isEqualTo(run.summary().path("test"));
    assertThat(again.path("dataFingerprint")).isEqualTo(run.summary().path("dataFingerprint"));
    assertThat(again.path("name").asText()).isEqualTo("animals");
  }

  @Test
  void everyStepHasOneLineAndEveryEpochToo() {
    List<JsonNode> steps = Outcome.metrics(run.folder(), "step");
    assertThat(steps).hasSize(TrainedRun.STEPS);
    for (int i = 0; i < steps.size(); i++) {
      JsonNode step = steps.get(i);
      assertThat(step.path("step").asInt()).isEqualTo(i + 1);
      assertThat(step.path("epoch").asInt()).isEqualTo(i / STEPS_PER_EPOCH + 1);
      boolean last = i % STEPS_PER_EPOCH == STEPS_PER_EPOCH - 1;
      assertThat(step.path("examples").asInt()).isEqualTo(last ? TRAINING_ROWS % BATCH : BATCH);
      for (String key : List.of("loss", "penalty", "learningRate", "gradientNorm")) {
        assertThat(step.path(key).isDouble()).as(key).isTrue();
      }
      double parts = 0;
      for (String key : List.of("compute", "aggregate", "update", "broadcast")) {
        parts += step.path("seconds").path(key).asDouble(-1e9);
      }
      assertThat(parts).isBetween(0.0, 1.1 * step.path("seconds").path("total").asDouble());
    }
    List<JsonNode> epochs = Outcome.metrics(run.folder(), "epoch");
    assertThat(epochs.stream().map(epoch -> epoch.path("epoch").asInt()))
        .containsExactly(1, 2, 3, 4);
    assertThat(epochs.stream().map(epoch -> epoch.path("train").path("examples").asInt()))
        .containsExactly(TRAINING_ROWS, TRAINING_ROWS, TRAINING_ROWS, 2 * BATCH);
    for (JsonNode epoch : epochs) {
      for (String split : List.of("train", "validation")) {
        assertThat(epoch.path(split).path("loss").isDouble()).isTrue();
        assertThat(epoch.path(split).path("accuracy").asDouble(-1)).isBetween(0.0, 1.0);
      }
    }
    assertThat(epochs.get(3).path("validation").path("loss"))
        .isEqualTo(run.summary().path("validation").path("loss"));
  }

  @Test
  void theSummaryTellsResultAndProvenance() {
    JsonNode summary = run.summary();
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    assertThat(summary.path("name").asText()).isEqualTo("animals");
    assertThat(summary.path("steps").asInt()).isEqualTo(TrainedRun.STEPS);
    assertThat(summary.path("epochs").asInt()).as("finished epochs").isEqualTo(3);
    assertThat(summary.path("parameters").asInt()).isEqualTo(3 * 8 + 2 * 8 + 8 * 3 + 3);
    assertThat(summary.path("train").path("examples").asInt()).isEqualTo(TRAINING_ROWS);
    assertThat(summary.path("validation").path("examples").asInt()).isEqualTo(15);
    assertThat(summary.path("test").path("examples").asInt()).isEqualTo(30);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThan(0.7);
    assertThat(summary.path("seed").asInt()).isEqualTo(5);
    assertThat(summary.path("shards").asInt()).isEqualTo(3);
    assertThat(summary.path("cores").asInt()).isEqualTo(2);
    assertThat(summary.path("dataFingerprint").asText()).matches("[0-9a-f]{64}");
    assertThat(summary.path("examplesPerSecond").asDouble()).isPositive();
    assertThat(summary.path("wallSeconds").asDouble()).isPositive();
    assertThat(summary.path("stepMilliseconds").path("median").asDouble())
        .isPositive()
        .isLessThanOrEqualTo(summary.path("stepMilliseconds").path("p95").asDouble());
    for (String key : List.of("compute", "aggregate", "update", "broadcast", "notCompute")) {
      assertThat(summary.path("stepShares").path(key).asDouble(-1)).as(key).isBetween(0.0, 1.0);
    }
    assertThat(summary.path("notes"))
        .map(JsonNode::asText)
        .anySatisfy(
            note ->
                assertThat(note)
                    .startsWith("synchronizer auto: took local; the run is too short to compare"));
    for (String key : List.of("sparkVersion", "javaVersion", "blas")) {
      assertThat(summary.path(key).asText()).as(key).isNotBlank();
    }
    assertThat(summary.path("versions").path("lockstep").asText()).isNotBlank();
    assertThat(summary.has("diagnosis")).isTrue();
    assertThat(summary.path("classLabels")).map(JsonNode::asText).isEqualTo(TrainedRun.LABELS);
    long confused = 0;
    for (JsonNode row : summary.path("confusionMatrix").path("counts")) {
      for (JsonNode count : row) {
        confused += count.asLong();
      }
    }
    assertThat(confused).isEqualTo(30);
  }

  @Test
  void theParametersDigestIsThatOfTheFile() throws IOException, NoSuchAlgorithmException {
    byte[] file = Files.readAllBytes(run.folder().resolve("model").resolve("model.safetensors"));
    int headerBytes = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonNode header =
        Outcome.JSON.readTree(new String(file, 8, headerBytes, StandardCharsets.UTF_8));
    List<Map.Entry<String, JsonNode>> tensors = new ArrayList<>(header.properties());
    tensors.removeIf(tensor -> tensor.getKey().equals("__metadata__"));
    tensors.sort(
        Comparator.comparingLong(
            tensor -> tensor.getValue().path("data_offsets").path(0).asLong()));
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Map.Entry<String, JsonNode> tensor : tensors) {
      if (tensor.getValue().path("dtype").asText().equals("F32")) {
        int from = tensor.getValue().path("data_offsets").path(0).asInt();
        int to = tensor.getValue().path("data_offsets").path(1).asInt();
        digest.update(file, 8 + headerBytes + from, to - from);
      }
    }
    assertThat(run.summary().path("parametersSha256").asText())
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
    assertThat(tensors.stream().map(Map.Entry::getKey))
        .containsExactly(
            "0.weight",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "4.weight",
            "4.bias");
  }

  @Test
  void theModelFolderTellsHowToReadRows() {
    JsonNode preprocessing =
        Outcome.json(run.folder().resolve("model").resolve("preprocessing.json"));
    assertThat(preprocessing.path("label").asText()).isEqualTo("animal");
    assertThat(preprocessing.path("classLabels"))
        .map(JsonNode::asText)
        .isEqualTo(TrainedRun.LABELS);
    assertThat(preprocessing.path("features"))
        .map(feature -> feature.path("name").asText())
        .isEqualTo(List.of("length", "height", "weight"));
    JsonNode model = Outcome.json(run.folder().resolve("model").resolve("model.json"));
    assertThat(model.path("network").path("layers")).hasSize(5);
    assertThat(model.path("loss").path("kind").asText()).isEqualTo("softmaxCrossEntropy");
  }

  @Test
  void theReportNeedsNoOtherFileAndCanBeRebuilt() throws IOException {
    Path report = run.folder().resolve("report.html");
    String page = Files.readString(report);
    assertThat(page)
        .contains("<svg", "animals", "bee, or wasp")
        .doesNotContainPattern("(?i)(src|href)=[\"']?(https?:|//|file:)")
        .doesNotContain("@import", "url(http");
    Files.delete(report);
    Outcome rebuilt = Outcome.done("report", run.folder().toString());
    assertThat(rebuilt.out().strip()).isEqualTo(report.toString());
    assertThat(rebuilt.err()).isEmpty();
    assertThat(report).hasContent(page);
  }
}
