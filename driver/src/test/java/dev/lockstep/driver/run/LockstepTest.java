package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.Predictor;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lockstep called from Java. */
final class LockstepTest {
  private static final String BLOBS =
      """
      data: {format: synthetic, name: blobs, samples: 200, test: {fraction: 0.2}}
      network: {layers: [{kind: dense, units: 3}]}
      optimizer: {kind: adam, learningRate: 0.1}
      training: {epochs: 4, batchSize: 32, shards: 2}
      """;

  private static Lockstep lockstep;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    lockstep = Lockstep.start("local[2]");
  }

  @AfterAll
  static void stop() {
    lockstep.close();
  }

  @Test
  void aRunIsReadBackWhole() {
    FinishedRun run = lockstep.train(BLOBS, folder.resolve("run").toString());

    assertThat(run.summary().status()).isEqualTo("completed");
    assertThat(run.summary().test().values().get("accuracy")).isGreaterThan(0.95);
    assertThat(run.metrics().epochs()).hasSize(4);
    float[] probabilities = new float[3];
    new Predictor(run.model()).predict(new float[] {1f, 0f}, 1, probabilities);
    assertThat(probabilities[0]).isGreaterThan(probabilities[1]).isGreaterThan(probabilities[2]);
  }

  @Test
  void overridesChangeTheRun() {
    FinishedRun run =
        lockstep.train(BLOBS, folder.resolve("short").toString(), "training.epochs=1");

    assertThat(run.metrics().epochs()).hasSize(1);
  }

  @Test
  void aRunIsResumedOrBegunAndOneThatHasEndedIsReadBack() {
    String run = folder.resolve("resumed").toString();
    FinishedRun begun = lockstep.resume(BLOBS, run);
    FinishedRun again = lockstep.resume(BLOBS, run);

    assertThat(begun.metrics().epochs()).hasSize(4);
    assertThat(again.summary().toJson()).isEqualTo(begun.summary().toJson());
  }

  @Test
  void preparedDataAreWhatTheRunSees() {
    try (PreparedData data = lockstep.prepare(BLOBS, 2)) {
      assertThat(data.train().shards().collect())
          .hasSize(2)
          .allSatisfy(shard -> assertThat(shard.examples().featureCount()).isEqualTo(2));
    }
  }

  @Test
  void aMisspeltKeyIsNamed() {
    assertThatThrownBy(
            () -> lockstep.train(BLOBS, folder.resolve("none").toString(), "training.epoch=1"))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("training.epoch");
  }
}
