package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Augmentation as a user meets it. */
final class AugmentedRunTest {
  @TempDir private Path folder;

  private Path configuration(String data) throws IOException {
    return Files.writeString(
        folder.resolve("run.yaml"),
        """
        data: {format: bundled, name: digits, normalize: minMax, test: {fraction: 0.2}%s}
        network: {layers: [{kind: dense, units: 128}, batchNorm, relu, {kind: dense, units: 10}]}
        optimizer: {kind: adam, learningRate: 0.005}
        training: {epochs: 25, batchSize: 64, shards: 2, synchronizer: local}
        """
            .formatted(data));
  }

  @Test
  void aNetworkLearnsFromMovedDigitsAndIsTestedOnThoseAsTheyAre() throws IOException {
    Path run = folder.resolve("run");
    JsonNode summary =
        Outcome.train(
            configuration(", shape: [8, 8, 1], augment: [{kind: shift, pixels: 1}]"), run);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.92);
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("augment:\n    - kind: shift\n      pixels: 1\n");
    double test = summary.path("test").path("loss").asDouble();
    JsonNode evaluated =
        Outcome.done(
                "evaluate",
                run.toString(),
                "--data",
                folder.resolve("run.yaml").toString(),
                "--master",
                "local[2]")
            .outAsJson();
    assertThat(evaluated.path("loss").asDouble()).isCloseTo(test, within(1e-6));
  }

  @Test
  void pixelsOfPlainVectorsCannotBeMoved() throws IOException {
    Path run = folder.resolve("run");
    Outcome outcome =
        Outcome.of(
            "train",
            configuration(", augment: [flip]").toString(),
            "--output",
            run.toString(),
            "--master",
            "local[2]");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("data.augment[0]", "flip", "data.shape");
    assertThat(run).doesNotExist();
  }
}
