package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batch norm over the whole mini-batch as a user meets it. */
final class SynchronizedRunTest {
  @TempDir private Path folder;

  private Path configuration() throws IOException {
    return Files.writeString(
        folder.resolve("run.yaml"),
        """
        data: {format: bundled, name: digits, test: {fraction: 0.2}}
        network:
          layers:
            - {kind: dense, units: 16}
            - {kind: batchNorm, moments: synchronized}
            - relu
            - {kind: residual, layers: [{kind: dense, units: 16}, {kind: batchNorm, moments: synchronized}]}
            - {kind: dense, units: 10}
        optimizer: {kind: adam, learningRate: 0.01}
        training: {epochs: 4, batchSize: 32, shards: 5, synchronizer: local}
        tuning:
          search: grid
          parallel: 2
          parameters:
            network.layers[1].moments: {choice: [shard, synchronized]}
        """);
  }

  @Test
  void theModelIsWrittenAndReadLikeAnyOther() throws IOException {
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.train(configuration(), run);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.9);
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("- kind: batchNorm\n      moments: synchronized\n");
    assertThat(Outcome.json(run.resolve("model").resolve("model.json")).findValuesAsText("moments"))
        .containsExactly("synchronized", "synchronized");
    String[] evaluation = {
      "evaluate", run.toString(), "--data", configuration().toString(), "--master", "local[2]"
    };
    assertThat(Outcome.done(evaluation).outAsJson().path("loss").asDouble())
        .isCloseTo(summary.path("test").path("loss").asDouble(), within(1e-6));
    Path exported = folder.resolve("model.onnx");
    Outcome.done("export", run.toString(), "--onnx", exported.toString());
    assertThat(exported)
        .hasBinaryContent(Files.readAllBytes(run.resolve("model").resolve("model.onnx")));
  }

  /**
   * Not with Adam, which makes whole steps of rounding: in front of batch norm that is all the
   * gradient that a pixel has which is the same throughout a mini-batch.
   */
  @Test
  void theShardsOfARunChangeRoundingOnly() throws IOException {
    double[] losses = new double[2];
    for (int i = 0; i < losses.length; i++) {
      JsonNode summary =
          Outcome.train(
              configuration(),
              folder.resolve("run" + i),
              "--set",
              "training.shards=" + (1 + 2 * i),
              "--set",
              "training.epochs=1",
              "--set",
              "optimizer={kind: heavyBall, learningRate: 0.02}");
      losses[i] = summary.path("train").path("loss").asDouble();
    }
    assertThat(losses[1]).isCloseTo(losses[0], within(1e-5 * losses[0]));
  }

  @Test
  void otherCommandsThatTrainCanDoIt() throws IOException {
    String file = configuration().toString();
    Outcome.done("gradcheck", file, "--master", "local[2]");
    Path found = folder.resolve("found");
    Outcome.done("lr-find", file, "--master", "local[2]", "--output", found.toString());
    assertThat(Outcome.json(found.resolve("lr-find.json")).path("steps").asInt()).isPositive();
    Path tuned = folder.resolve("tuned");
    Outcome.done("tune", file, "--master", "local[2]", "--output", tuned.toString());
    assertThat(tuned.resolve("trials.jsonl")).exists();
  }

  @Test
  void shortTasksCannotDoIt() throws IOException {
    Path run = folder.resolve("run");
    Outcome outcome =
        Outcome.of(
            "train",
            configuration().toString(),
            "--output",
            run.toString(),
            "--set",
            "training.synchronizer=tree");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains(
            "network.layers[1].moments: synchronized needs training.synchronizer: barrier or"
                + " local, found tree",
            "network.layers[3].layers[1].moments");
    assertThat(run).doesNotExist();
  }
}
