package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run whose configuration was changed goes on as that says, and not by what was before. */
final class ForcedResumeTest {
  /** Of 5 steps an epoch. */
  private static final String MOONS =
      """
      data: {format: synthetic, name: moons, samples: 180}
      network: {layers: [{kind: dense, units: 6}, relu, {kind: dense, units: 2}]}
      optimizer: {kind: adam, learningRate: 0.02}
      training:
        {steps: 40, batchSize: 30, shards: 2, synchronizer: local, checkpoint: {everySteps: 4, keep: 3}}
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

  /** Interrupts a run after 17 steps and goes on with it by force. */
  private RunSummary changed(Path run, String before, String after) {
    attempts.attempt(MOONS, run, StartMode.NEW, Attempts.stopAfter(17), before.split("; "));
    return attempts
        .attempt(MOONS, run, StartMode.RESUME_FORCED, Attempts.NEVER, after.split("; "))
        .summary();
  }

  @Test
  void withoutEarlyStoppingTheLastWeightsAreTheResult() {
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"));
    Path run = folder.resolve("run");
    RunSummary summary =
        changed(run, "training.earlyStopping={patience: 9}", "training.earlyStopping=null");
    Attempts.assertSame(whole, folder.resolve("whole"), summary, run);
    assertThat(summary.notes())
        .anySatisfy(
            note ->
                assertThat(note)
                    .startsWith("Since training.earlyStopping is off now, ")
                    .contains("behind step 17: the weights of epoch "))
        .noneSatisfy(note -> assertThat(note).startsWith("The weights are those of epoch"));
  }

  /** As behind a part of the run that nothing has watched. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.earlyStopping={patience: 9, metric: validation.accuracy}"
            + " | training.earlyStopping=null"
            + " | training.earlyStopping={patience: 1, metric: validation.loss}",
        "schedule={kind: plateau, patience: 9, metric: train.accuracy}"
            + " | schedule=constant"
            + " | schedule={kind: plateau, patience: 1, metric: train.loss}",
      })
  void anotherMetricIsWatchedFromTheBeginning(String watched, String unwatched, String after) {
    Path reference = folder.resolve("reference");
    RunSummary fresh = changed(reference, unwatched, after);
    Path run = folder.resolve("run");
    RunSummary summary = changed(run, watched, after);
    Attempts.assertSame(fresh, reference, summary, run);
    assertThat(summary.notes())
        .anySatisfy(note -> assertThat(note).contains("until", "step 17", "forgotten"));
  }

  @Test
  void morePatienceTakesAStopBack() {
    Path run = folder.resolve("run");
    String checkpoints = "training.checkpoint.everySteps=1";
    RunSummary stopped =
        attempts.whole(
            MOONS, run, checkpoints, "training.earlyStopping={patience: 1, minDelta: 5}");
    assertThat(stopped.status()).isEqualTo("stoppedEarly");
    assertThat(stopped.steps()).isEqualTo(10);
    RunSummary summary =
        attempts
            .attempt(
                MOONS,
                run,
                StartMode.RESUME_FORCED,
                Attempts.NEVER,
                checkpoints,
                "training.earlyStopping={patience: 3, minDelta: 5}")
            .summary();
    assertThat(summary.status()).isEqualTo("stoppedEarly");
    assertThat(summary.steps()).isEqualTo(20);
    assertThat(summary.notes())
        .anySatisfy(
            note -> assertThat(note).startsWith("Early stopping had ended the run after step 10;"))
        .anySatisfy(note -> assertThat(note).startsWith("The weights are those of epoch 1,"));
  }

  /** Its last epoch is not whole at first; whoever watches the epochs sees it once. */
  @Test
  void aLongerRunHasEveryEpochOnce() {
    String[] settings = {
      "training.checkpoint.everySteps=23", "training.earlyStopping={patience: 9}", "training.steps"
    };
    RunSummary whole =
        attempts.whole(
            MOONS, folder.resolve("whole"), settings[0], settings[1], settings[2] + "=40");
    Path run = folder.resolve("run");
    attempts.whole(MOONS, run, settings[0], settings[1], settings[2] + "=23");
    assertThat(epochs(run)).hasSize(5);
    RunSummary longer =
        attempts
            .attempt(
                MOONS,
                run,
                StartMode.RESUME_FORCED,
                Attempts.NEVER,
                settings[0],
                settings[1],
                settings[2] + "=40")
            .summary();
    assertThat(longer.history().resumedFromSteps()).containsExactly(23L);
    assertThat(epochs(run)).hasSize(8);
    Attempts.assertSame(whole, folder.resolve("whole"), longer, run);
  }

  private static List<String> epochs(Path run) {
    return Attempts.metrics(run).stream().filter(line -> line.contains("\"epoch\",")).toList();
  }

  @Test
  void aRunThatIsKilledBehindItsLastStepEndsTheEpochWhenItIsResumed() throws IOException {
    String[] settings = {"training.checkpoint.everySteps=23", "training.steps=23"};
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"), settings);
    Path run = folder.resolve("run");
    attempts.whole(MOONS, run, settings);
    Files.delete(run.resolve("summary.json"));
    RunSummary resumed =
        attempts.attempt(MOONS, run, StartMode.RESUME, Attempts.NEVER, settings).summary();
    assertThat(resumed.history().resumedFromSteps()).containsExactly(23L);
    Attempts.assertSame(whole, folder.resolve("whole"), resumed, run);
  }

  @Test
  void checkpointsOfAnotherIntervalStayUntilThereAreEnoughNewOnes() {
    Path run = folder.resolve("run");
    attempts.attempt(MOONS, run, StartMode.NEW, Attempts.stopAfter(13));
    attempts.attempt(
        MOONS, run, StartMode.RESUME, Attempts.stopAfter(3), "training.checkpoint.everySteps=7");
    assertThat(Attempts.checkpoints(run))
        .containsExactly("step-000000008", "step-000000012", "step-000000014", "step-000000016");
    attempts.attempt(
        MOONS, run, StartMode.RESUME, Attempts.NEVER, "training.checkpoint.everySteps=7");
    assertThat(Attempts.checkpoints(run))
        .containsExactly("step-000000021", "step-000000028", "step-000000035");
  }

  private static String weights(Path file) {
    return "network.initialWeights=" + file;
  }

  @Test
  void theFirstWeightsMayBeMovedOnceThereIsACheckpoint() throws IOException {
    attempts.whole(MOONS, folder.resolve("earlier"), "training.steps=3");
    Path file = folder.resolve("earlier/model/model.safetensors");
    RunSummary whole = attempts.whole(MOONS, folder.resolve("whole"), weights(file));
    Path run = folder.resolve("run");
    attempts.attempt(MOONS, run, StartMode.NEW, Attempts.stopAfter(5), weights(file));

    Path moved = Files.move(file, folder.resolve("moved.safetensors"));
    attempts.attempt(MOONS, run, StartMode.RESUME, Attempts.stopAfter(4), weights(moved));
    Path others = folder.resolve("whole/model/model.safetensors");
    assertThatThrownBy(
            () ->
                attempts.attempt(
                    MOONS, run, StartMode.RESUME_FORCED, Attempts.NEVER, weights(others)))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("network.initialWeights: " + others + " is not what the run began");
    assertThatThrownBy(
            () ->
                attempts.attempt(
                    MOONS,
                    run,
                    StartMode.RESUME_FORCED,
                    Attempts.NEVER,
                    "network.initialWeights=null"))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("Within a run network.initialWeights cannot change");
    Path gone = folder.resolve("gone.safetensors");
    RunSummary resumed =
        attempts.attempt(MOONS, run, StartMode.RESUME, Attempts.NEVER, weights(gone)).summary();
    Attempts.assertSame(whole, folder.resolve("whole"), resumed, run);

    attempts.attempt(MOONS, run, StartMode.RESUME, Attempts.NEVER, weights(moved));
    assertThatThrownBy(
            () -> attempts.attempt(MOONS, run, StartMode.RESUME, Attempts.NEVER, weights(others)))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("is not what the run began with");
  }
}
