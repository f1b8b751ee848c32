package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.folder.WholeFilesFileSystem;
import dev.lockstep.driver.report.RunSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is interrupted, killed and resumed ends with the bits of one that went through. */
final class ResumedBitsTest {
  private static final String MOONS =
      """
      data: {format: synthetic, name: moons, samples: 160}
      network:
        layers:
          - {kind: dense, units: 6}
          - batchNorm
          - relu
          - {kind: dropout, keep: 0.8}
          - {kind: dense, units: 2}
      training:
        {epochs: 5, batchSize: 30, shards: 3, synchronizer: local, checkpoint: {everySteps: 4, keep: 2}}
      """;

  private static Lockstep lockstep;
  private static Attempts attempts;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    lockstep = Lockstep.start("local[2]");
    attempts = new Attempts(lockstep.spark());
  }

  @AfterAll
  static void stop() {
    lockstep.close();
  }

  /** Each optimizer, together with something else that has a memory. */
  static Stream<String> memories() {
    return Stream.of(
        "optimizer=sgd; schedule={kind: linear, warmupSteps: 9}",
        "optimizer={kind: momentum, biasCorrection: true}; regularization.l2=0.01",
        "optimizer=heavyBall; training.earlyStopping={patience: 1, minDelta: 0.05}",
        "optimizer={kind: nesterov, learningRate: 0.5}; schedule={kind: plateau, patience: 1}",
        "optimizer=rmsProp; schedule={kind: cosine, warmupSteps: 7}; training.shuffle=false",
        "optimizer=adam; training.gradientClip.norm=0.1; training.validateEveryEpochs=2",
        "optimizer=adamW; training.earlyStopping={patience: 9}; training.steps=23",
        "optimizer=adagrad; schedule={kind: inverseSqrt}; training.checkpoint.everySteps=5",
        "optimizer=lars; schedule={kind: plateau, metric: train.loss, patience: 1}",
        "optimizer=lamb; training.checkpoint.everySteps=1");
  }

  @Test
  void everyKindOfSlotIsAmongThem() {
    TreeSet<String> slots = new TreeSet<>();
    memories()
        .forEach(
            settings ->
                slots.addAll(
                    ConfigurationReader.read(
                            MOONS, "test", null, List.of(overrides(settings)), Map.of())
                        .optimizer()
                        .slotNames()));
    assertThat(slots)
        .containsExactly("firstMoment", "secondMoment", "squareAverage", "squareSum", "velocity");
  }

  private static String[] overrides(String settings) {
    // The length of a run is given in epochs or in steps, never in both.
    return (settings.contains("training.steps") ? settings + "; training.epochs=null" : settings)
        .split("; ");
  }

  @ParameterizedTest
  @MethodSource("memories")
  void continuesToTheSameBits(String settings) {
    String[] overrides = overrides(settings);
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"), overrides);
    Path broken = folder.resolve("broken");

    RunSummary interrupted =
        attempts.attempt(MOONS, broken, StartMode.NEW, Attempts.stopAfter(7), overrides).summary();
    assertThat(interrupted.status()).isEqualTo("interrupted");
    assertThat(interrupted.steps()).isEqualTo(7);
    assertThat(interrupted.train()).isNull();
    assertThat(Attempts.checkpoints(broken)).contains("step-000000007");
    assertThatThrownBy(
            () ->
                attempts.attempt(MOONS, broken, StartMode.RESUME, Attempts.killAfter(3), overrides))
        .isInstanceOf(Attempts.Killed.class);
    RunSummary resumed =
        attempts.attempt(MOONS, broken, StartMode.RESUME, Attempts.NEVER, overrides).summary();

    Attempts.assertSame(whole, folder.resolve("whole"), resumed, broken);
    assertThat(resumed.history().attempts()).isEqualTo(3);
    assertThat(resumed.history().resumedFromSteps()).first().isEqualTo(7L);
    assertThat(broken.resolve("report.html")).content().contains("resumed from step 7, ");
  }

  /** Cores and synchronizer of the second half are others. */
  @ParameterizedTest
  @ValueSource(strings = {"tree", "barrier", "auto"})
  void continuesUnderAnotherSynchronizer(String synchronizer) {
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"));
    Path broken = folder.resolve("broken");
    attempts.attempt(
        MOONS,
        broken,
        StartMode.NEW,
        Attempts.stopAfter(10),
        "training.synchronizer=" + synchronizer);

    RunSummary resumed =
        attempts.attempt(MOONS, broken, StartMode.RESUME, Attempts.NEVER).summary();

    Attempts.assertSame(whole, folder.resolve("whole"), resumed, broken);
  }

  @Test
  void augmentedImagesContinueToTheSameBits() {
    String digits =
        """
        data:
          format: bundled
          name: digits
          shape: [8, 8, 1]
          augment: [{kind: shift, pixels: 1}, {kind: noise, standardDeviation: 0.1}]
        network: {layers: [{kind: conv2d, filters: 4, kernel: 3}, relu, flatten, {kind: dense, units: 10}]}
        training: {steps: 9, batchSize: 50, shards: 2, synchronizer: local}
        """;
    RunSummary whole = attempts.whole(digits, folder.resolve("whole"));
    Path broken = folder.resolve("broken");
    attempts.attempt(digits, broken, StartMode.NEW, Attempts.stopAfter(4));

    RunSummary resumed =
        attempts.attempt(digits, broken, StartMode.RESUME, Attempts.NEVER).summary();

    assertThat(resumed.parametersSha256()).isEqualTo(whole.parametersSha256());
    assertThat(Attempts.metrics(broken)).isEqualTo(Attempts.metrics(folder.resolve("whole")));
  }

  /** On a file system without append, where a file that nobody closes is not there. */
  @Test
  void runsOnObjectStoresContinueToo() {
    WholeFilesFileSystem.in(lockstep.spark().hadoopConfiguration());
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"));
    Path broken = folder.resolve("broken");
    String location = "whole://" + broken;
    attempts.attempt(MOONS, location, StartMode.NEW, Attempts.stopAfter(6));
    assertThatThrownBy(
            () -> attempts.attempt(MOONS, location, StartMode.RESUME, Attempts.killAfter(5)))
        .isInstanceOf(Attempts.Killed.class);

    RunSummary resumed =
        attempts.attempt(MOONS, location, StartMode.RESUME, Attempts.NEVER).summary();

    Attempts.assertSame(whole, folder.resolve("whole"), resumed, broken);
    assertThat(resumed.history().resumedFromSteps()).containsExactly(6L, 8L);
  }

  /** Wherever a run is killed, at most the steps since the last due checkpoint are lost. */
  @Test
  void aRunThatIsKilledOverAndOverArrives() throws IOException {
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"));
    Path broken = folder.resolve("broken");
    int attempt = 0;
    for (int steps : new int[] {3, 4, 5, 6, 5}) {
      StartMode mode = attempt++ == 0 ? StartMode.NEW : StartMode.RESUME;
      assertThatThrownBy(() -> attempts.attempt(MOONS, broken, mode, Attempts.killAfter(steps)))
          .isInstanceOf(Attempts.Killed.class);
      assertThat(broken.resolve("summary.json")).doesNotExist();
      Files.writeString(
          broken.resolve("metrics.jsonl"), "{\"kind\":\"st", StandardOpenOption.APPEND);
    }
    RunSummary resumed =
        attempts.attempt(MOONS, broken, StartMode.RESUME, Attempts.NEVER).summary();

    Attempts.assertSame(whole, folder.resolve("whole"), resumed, broken);
    assertThat(resumed.history().resumedFromSteps()).containsExactly(0L, 4L, 8L, 12L, 16L);
    assertThat(resumed.history().checkpointsWritten()).isEqualTo(2);
    assertThat(resumed.wallSeconds()).isGreaterThan(whole.wallSeconds() / 10);
  }
}
