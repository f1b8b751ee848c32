package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Small networks learn the data that ship with Lockstep: held-out accuracy within a few seconds.
 */
final class AccuracyTest {
  @TempDir private Path folder;

  /**
   * The thresholds leave room for about two more errors on the held-out third than these seeds
   * make.
   */
  @ParameterizedTest
  @CsvSource({"iris, 0.92", "wine, 0.93", "breastCancer, 0.94", "moons, 0.95"})
  void aSmallNetworkLearns(String name, double accuracy) throws IOException {
    String source = name.equals("moons") ? "{format: synthetic, samples: 600" : "{format: bundled";
    Path configuration =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            data: %s, name: %s, validation: {fraction: 0}, test: {fraction: 0.33}}
            network: {layers: [{kind: dense, units: 16}, relu, {kind: dense, units: %d}]}
            optimizer: {kind: adam, learningRate: 0.02}
            training: {epochs: 30, batchSize: 32, shards: 2, synchronizer: local}
            """
                .formatted(source, name, name.equals("iris") || name.equals("wine") ? 3 : 2));
    JsonNode summary = Outcome.train(configuration, folder.resolve("run"));
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(accuracy);
  }

  @Test
  void digitsReach97Percent() {
    Path configuration = Path.of("..", "deploy", "conf", "digits.yaml");
    JsonNode summary =
        Outcome.train(configuration, folder.resolve("run"), "--set", "training.synchronizer=local");
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.97);
  }

  /**
   * On all 8,000 training digits. For comparison: the nearest neighbour of each test image is right
   * for 94.35 % of them.
   */
  @Test
  void mnistReaches96Percent() {
    Path configuration = Path.of("..", "deploy", "conf", "mnist.yaml");
    JsonNode summary =
        Outcome.train(
            configuration,
            folder.resolve("run"),
            "--set",
            "training.synchronizer=local",
            "--set",
            "data.validation.fraction=0");
    assertThat(summary.path("train").path("examples").asInt()).isEqualTo(8000);
    assertThat(summary.path("test").path("examples").asInt()).isEqualTo(2000);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.96);
  }

  /** The same digits with convolutions, pools and augmentation. */
  @Test
  void mnistReaches98PercentWithConvolutions() {
    Path configuration = Path.of("..", "deploy", "conf", "mnist-cnn.yaml");
    JsonNode summary =
        Outcome.train(configuration, folder.resolve("run"), "--set", "data.validation.fraction=0");
    assertThat(summary.path("train").path("examples").asInt()).isEqualTo(8000);
    assertThat(summary.path("test").path("examples").asInt()).isEqualTo(2000);
    assertThat(summary.path("test").path("accuracy").asDouble()).isGreaterThanOrEqualTo(0.98);
  }
}
