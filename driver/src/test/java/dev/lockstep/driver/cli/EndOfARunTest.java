package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a run says while it goes on and at its end, and how it ends when the loss does not stay
 * finite.
 */
final class EndOfARunTest {
  @TempDir private Path folder;

  private Path moons(String more) throws IOException {
    return Files.writeString(
        folder.resolve("moons.yaml"),
        """
        data: {format: synthetic, name: moons, samples: 200}
        network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
        training: {epochs: 3, batchSize: 32, shards: 2, synchronizer: local}
        """
            + more);
  }

  private Outcome train(Path configuration, String output, String... more) {
    String[] arguments = new String[more.length + 6];
    arguments[0] = "train";
    arguments[1] = configuration.toString();
    arguments[2] = "--output";
    arguments[3] = folder.resolve(output).toString();
    arguments[4] = "--master";
    arguments[5] = "local[1]";
    System.arraycopy(more, 0, arguments, 6, more.length);
    return Outcome.of(arguments);
  }

  @Test
  void progressIsALineAnEpochAndTheResultIsTheFolder() throws IOException {
    Outcome outcome = train(moons(""), "run");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo(folder.resolve("run") + System.lineSeparator());
    List<String> lines = outcome.err().lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0)).matches("Memory: driver [0-9]+ MB of [0-9.]+ [MG]B\\.");
    for (int epoch = 1; epoch <= 3; epoch++) {
      assertThat(lines.get(epoch))
          .startsWith("epoch " + epoch + "/3: train loss ")
          .contains("accuracy", "validation loss", "examples/s");
    }
    assertThat(lines.get(4)).startsWith("test accuracy ").contains("15 steps in");
    assertThat(outcome.err()).doesNotContain("\r", "\u001B");
  }

  @Test
  void quietLeavesTheFolderOnly() throws IOException {
    Outcome outcome = train(moons(""), "run", "--quiet");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo(folder.resolve("run") + System.lineSeparator());
    assertThat(outcome.err()).isEmpty();
  }

  @Test
  void withoutProgressTheNotesStay() throws IOException {
    Outcome outcome =
        train(moons(""), "run", "--no-progress", "--set", "network.layers[0].initializer=zeros");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err().lines()).hasSize(3);
    assertThat(outcome.err())
        .contains("network.layers[0]", "all weights 0", "Memory: driver ")
        .doesNotContain("epoch 1");
    assertThat(Outcome.json(folder.resolve("run").resolve("summary.json")).path("notes"))
        .hasSize(1);
  }

  @Test
  void aRunThatStopsEarlyKeepsTheWeightsOfItsBestEpoch() throws IOException {
    String early =
        "training.earlyStopping={metric: validation.loss, patience: 2}"; // the rate is far too high
    Outcome outcome =
        train(
            moons(""),
            "run",
            "--quiet",
            "--set",
            early,
            "--set",
            "training.epochs=60",
            "--set",
            "optimizer.learningRate=0.3");
    assertThat(outcome.code()).isZero();
    Path run = folder.resolve("run");
    JsonNode summary = Outcome.json(run.resolve("summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("stoppedEarly");
    List<JsonNode> epochs = Outcome.metrics(run, "epoch");
    assertThat(epochs).hasSizeLessThan(60).hasSize(summary.path("epochs").asInt());
    int best = 0;
    for (int epoch = 0; epoch < epochs.size(); epoch++) {
      if (validationLoss(epochs.get(epoch)) < validationLoss(epochs.get(best))) {
        best = epoch;
      }
    }
    assertThat(best).isEqualTo(epochs.size() - 3);
    assertThat(summary.path("validation").path("loss").asDouble())
        .isEqualTo(validationLoss(epochs.get(best)));
    String kept = "The weights are those of epoch " + (best + 1) + ",";
    assertThat(summary.path("notes"))
        .map(JsonNode::asText)
        .anySatisfy(note -> assertThat(note).startsWith(kept));
  }

  private static double validationLoss(JsonNode epoch) {
    return epoch.path("validation").path("loss").asDouble();
  }

  @Test
  void watchingWhatTheRunDoesNotComputeIsRefused() throws IOException {
    Outcome noSplit =
        train(
            moons(""),
            "run",
            "--set",
            "training.earlyStopping={}",
            "--set",
            "data.validation.fraction=0");
    assertThat(noSplit.code()).isEqualTo(2);
    assertThat(noSplit.err())
        .contains("training.earlyStopping.metric", "validation split", "train.loss");
    Outcome otherTask =
        train(moons(""), "run", "--set", "schedule={kind: plateau, metric: validation.rmse}");
    assertThat(otherTask.code()).isEqualTo(2);
    assertThat(otherTask.err()).contains("schedule.metric", "validation.rmse", "accuracy");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void theSummarySaysHowManyWeightsThePenaltyMadeZero() throws IOException {
    // A step of rate 2e-7 moves no weight visibly, and l1 pulls those that start at 0 to and fro.
    train(
        moons(""),
        "run",
        "--quiet",
        "--set",
        "network.layers[0].initializer=zeros",
        "--set",
        "optimizer={kind: sgd, learningRate: 2.0e-7}",
        "--set",
        "regularization.l1=0.1");
    // 8 of the 16 weights are the first layer's.
    Path run = folder.resolve("run");
    assertThat(Outcome.json(run.resolve("summary.json")).path("sparsity").asDouble())
        .isEqualTo(0.5);
    assertThat(run.resolve("report.html")).content().contains("Weights at 0", "50.00%");
  }

  @Test
  void theSummarySaysWhatTheErrorsMean() throws IOException {
    Outcome outcome = train(moons(""), "run", "--quiet", "--set", "training.epochs=1");
    assertThat(outcome.code()).isZero();
    Path run = folder.resolve("run");
    String diagnosis = Outcome.json(run.resolve("summary.json")).path("diagnosis").asText();
    assertThat(diagnosis).startsWith("high bias").contains("training error", "larger network");
    assertThat(run.resolve("report.html")).content().contains("High bias" + diagnosis.substring(9));
  }

  @Test
  void aRunThatDivergesEndsWithAllThatIsKnown() throws IOException {
    Files.writeString(
        folder.resolve("rows.csv"), "x,y\n" + "1000,1\n-2000,2\n3000,3\n-500,4\n".repeat(8));
    Path configuration =
        Files.writeString(
            folder.resolve("wild.yaml"),
            """
            data:
              {format: csv, path: rows.csv, options: {header: true}, label: y, task: regression, normalize: none}
            network: {layers: [{kind: dense, units: 1}]}
            optimizer: {kind: sgd, learningRate: 1000}
            training: {epochs: 50, batchSize: 8, shards: 2}
            """);
    Outcome outcome = train(configuration, "run", "--quiet");
    assertThat(outcome.code()).isEqualTo(4);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .startsWith("lockstep: training diverged at step ")
        .contains("optimizer.learningRate", folder.resolve("run").toString())
        .doesNotContain("\tat ", "Exception");
    assertThat(outcome.err().strip().lines()).hasSize(1);

    Path run = folder.resolve("run");
    JsonNode summary = Outcome.json(run.resolve("summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("diverged");
    assertThat(summary.path("notes")).hasSize(1);
    assertThat(summary.has("test")).isFalse();
    List<JsonNode> steps = Outcome.metrics(run, "step");
    assertThat(steps).isNotEmpty().hasSize(summary.path("steps").asInt());
    for (JsonNode step : steps) {
      assertThat(step.path("loss").isNumber()).isTrue();
      assertThat(step.path("gradientNorm").isNumber()).isTrue();
    }
    assertThat(run.resolve("config.yaml")).exists();
    assertThat(run.resolve("report.html")).content().contains("diverged");
    assertThat(run.resolve("model")).doesNotExist();
    assertThat(Outcome.of("evaluate", run.toString(), "--data", configuration.toString()).code())
        .isEqualTo(2);
  }

  /** No further step computes a loss with what the last update gave. */
  @ParameterizedTest
  @CsvSource({"null", "'{metric: train.loss}'"})
  void aRunThatItsLastUpdateRuinsHasDiverged(String earlyStopping) throws IOException {
    Path configuration =
        Files.writeString(
            folder.resolve("wild.yaml"),
            """
            data: {format: bundled, name: digits}
            network: {layers: [{kind: dense, units: 16}, relu, {kind: dense, units: 10}]}
            optimizer: {kind: sgd, learningRate: 1e30}
            training: {steps: 1, shards: 2, synchronizer: local}
            """);
    Outcome outcome =
        train(configuration, "run", "--quiet", "--set", "training.earlyStopping=" + earlyStopping);
    assertThat(outcome.code()).isEqualTo(4);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .startsWith("lockstep: training diverged by step 1: ")
        .contains("optimizer.learningRate", folder.resolve("run").toString());
    JsonNode summary = Outcome.json(folder.resolve("run/summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("diverged");
    assertThat(summary.has("train")).isFalse();
    assertThat(folder.resolve("run/model")).doesNotExist();
  }
}
