package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.cluster.ResourceEstimate;
import dev.lockstep.driver.cluster.ResourceEstimate.Place;
import dev.lockstep.driver.cluster.ResourceEstimate.Work;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worked examples of the operations guide are what Lockstep says before it trains. */
final class SizingIT {
  private static final Path DEPLOY = JavaProcess.ROOT.resolve("deploy");
  private static final long HEAP = 4L << 30;

  @TempDir private Path folder;

  @Test
  void theGuideHasTheLinesOfItsExamples() throws IOException {
    Path wide =
        Files.writeString(
            folder.resolve("wide.yaml"),
            """
            data: {format: csv, path: x.csv, label: y}
            network:
              layers: [{kind: dense, units: 3000}, relu, {kind: dense, units: 2000}, relu, {kind: dense, units: 10}]
            optimizer: {kind: adam, learningRate: 0.001}
            training: {epochs: 1, batchSize: 512, shards: 4}
            """);
    String guide = Files.readString(DEPLOY.resolve("docs/operations.md"));

    assertThat(guide)
        .contains(
            lines(DEPLOY.resolve("conf/digits.yaml"), 64, 1797),
            lines(DEPLOY.resolve("conf/mnist.yaml"), 784, 10_000),
            lines(wide, 1000, 100_000));
  }

  /** Alone on one machine with a core for each shard, and on two executors with one for each. */
  private static String lines(Path file, int features, long rows) {
    RunConfiguration run = ConfigurationReader.read(file.toString(), List.of(), Map.of());
    int shards = run.training().shards();
    Network network = new Network(run.network().layers(), Shape.vector(features));
    Work work =
        new Work(
            network.layout().length(),
            network.layout().trainableLength(),
            run.optimizer().slotNames().size(),
            run.training().earlyStopping() != null,
            network.trainingValuesPerRow(),
            (run.training().batchSize() - 1) / shards + 1,
            network.evaluationRows());
    long data = rows * (features + 1L) * Float.BYTES;
    Place alone = new Place(shards, 1, shards, 0, data, HEAP, 0);
    Place cluster = new Place(shards, shards, 1, 2, data, HEAP, HEAP);
    return ResourceEstimate.of(work, alone).line()
        + "\n"
        + ResourceEstimate.of(work, cluster).line();
  }
}
