package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs whose error grows from step to step until it is no number. On these rows gradient descent of
 * rate α multiplies the error by 1 - 2α·E[x²], and E[x²] is 5.
 */
final class DivergenceTest {
  private static Lockstep lockstep;
  private static Attempts attempts;

  @TempDir private Path folder;
  private String yaml;

  @BeforeAll
  static void start() {
    lockstep = Lockstep.start("local[2]");
    attempts = new Attempts(lockstep.spark());
  }

  @AfterAll
  static void stop() {
    lockstep.close();
  }

  @BeforeEach
  void writeRows() throws IOException {
    Path rows = folder.resolve("rows.csv");
    Files.writeString(rows, "x,y\n" + "1,2\n-1,-2\n3,6\n-3,-6\n".repeat(8));
    yaml =
        """
        data:
          {format: csv, path: %s, options: {header: true}, label: y, task: regression,
           normalize: none, validation: {fraction: 0}, test: {fraction: 0}}
        network: {layers: [{kind: dense, units: 1}]}
        optimizer: {kind: sgd, learningRate: 3}
        training:
          {steps: 40, batchSize: 32, shards: 2, synchronizer: local, checkpoint: {everySteps: 6, keep: 3}}
        """
            .formatted(rows);
  }

  private static final String RETURNING = "training.onDivergence={reduceRate: 0.1, retries: 3}";

  @Test
  void stepHistoryAndLastGoodCheckpointAreNamed() {
    Path run = folder.resolve("run");
    LockstepException failure =
        catchThrowableOfType(LockstepException.class, () -> attempts.whole(yaml, run));
    assertThat(failure.kind()).isEqualTo(ErrorKind.NUMERIC);
    RunSummary summary = RunFiles.summary(at(run)).orElseThrow();
    assertThat(summary.status()).isEqualTo("diverged");
    long bad = summary.steps() + 1;
    List<String> lines = Attempts.metrics(run);
    assertThat(lines.stream().filter(line -> line.contains("\"step\":"))).hasSize((int) bad - 1);
    String lastLoss = lines.get(lines.size() - 1).replaceAll(".*\"loss\":([^,]*),.*", "$1");
    List<String> checkpoints = Attempts.checkpoints(run);
    assertThat(failure)
        .hasMessageStartingWith("training diverged at step " + bad + " (epoch ")
        .hasMessageContaining("The losses of steps " + (bad - 5) + " to " + (bad - 1) + " were ")
        .hasMessageContaining(", " + lastLoss + ".")
        .hasMessageContaining(
            "The last good checkpoint is "
                + run.resolve("checkpoints").resolve(checkpoints.get(checkpoints.size() - 1)))
        .hasMessageContaining("--resume --force");

    assertThatThrownBy(() -> attempts.attempt(yaml, run, StartMode.RESUME, Attempts.NEVER))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("diverged at step " + bad)
        .hasMessageContaining(checkpoints.get(checkpoints.size() - 1))
        .hasMessageContaining("--force");
    RunSummary better =
        attempts
            .attempt(
                yaml, run, StartMode.RESUME_FORCED, Attempts.NEVER, "optimizer.learningRate=0.05")
            .summary();
    assertThat(better.status()).isEqualTo("completed");
    assertThat(better.steps()).isEqualTo(40);
    assertThat(better.notes())
        .contains(
            "Changed by --force when the run was resumed: optimizer.learningRate was 3.0 and is"
                + " 0.05.");
    assertThat(better.train().loss()).isLessThan(Double.parseDouble(lastLoss));
  }

  @Test
  void theOnlyCheckpointStaysAlsoWhereItLedToTheDivergence() {
    Path run = folder.resolve("run");
    // The 14th step is the first that diverges.
    assertThatThrownBy(
            () ->
                attempts.attempt(
                    yaml,
                    run,
                    StartMode.NEW,
                    Attempts.NEVER,
                    "training.checkpoint={everySteps: 13, keep: 1}"))
        .isInstanceOf(LockstepException.class)
        .hasMessageStartingWith("training diverged at step 14 ")
        .hasMessageContaining(
            "The only checkpoint, " + run.resolve("checkpoints").resolve("step-000000013") + ",");
    assertThat(Attempts.checkpoints(run)).containsExactly("step-000000013");
  }

  private static RunFolder at(Path run) {
    return RunFolder.at(run.toString(), attempts.spark().hadoopConfiguration());
  }

  @Test
  void trainingReturnsWithALowerRateAndOneCheckpointFurtherWhereThatIsNotEnough() {
    Path run = folder.resolve("run");
    Attempts.Told told = attempts.attempt(yaml, run, StartMode.NEW, Attempts.NEVER, RETURNING);
    RunSummary summary = told.summary();
    assertThat(summary.status()).isEqualTo("completed");
    assertThat(summary.train().loss()).isFinite();
    assertThat(summary.history().returns()).isEqualTo(2);
    List<String> returns =
        summary.notes().stream().filter(note -> note.startsWith("Training diverged")).toList();
    assertThat(returns).hasSize(2);
    assertThat(returns.get(0))
        .contains("returned to step 12,", "multiplied by 0.1 (return 1 of 3)");
    assertThat(returns.get(1)).contains("returned to step 6,").contains("(return 2 of 3)");
    assertThat(told.progress()).contains(returns.get(0), returns.get(1));
    List<String> lines = Attempts.metrics(run);
    List<String> steps = lines.stream().filter(line -> line.contains("\"step\":")).toList();
    assertThat(steps).hasSize(40);
    assertThat(steps.get(5)).contains("\"learningRate\":3.0,");
    assertThat(steps.get(6)).contains("\"learningRate\":0.03");
  }

  @Test
  void aRunThatIsKilledOrInterruptedOnItsWayBackArrivesAtTheSameBits() {
    Path straight = folder.resolve("straight");
    RunSummary whole =
        attempts.attempt(yaml, straight, StartMode.NEW, Attempts.NEVER, RETURNING).summary();
    // An attempt's 14th step is the first that diverges, its 17th the second.
    for (int steps : new int[] {13, 14, 15, 16, 19, 24}) {
      Path run = folder.resolve("after" + steps);
      if (steps % 2 == 0) {
        assertThatThrownBy(
                () ->
                    attempts.attempt(
                        yaml, run, StartMode.NEW, Attempts.killAfter(steps), RETURNING))
            .isInstanceOf(Attempts.Killed.class);
      } else {
        attempts.attempt(yaml, run, StartMode.NEW, Attempts.stopAfter(steps), RETURNING);
      }
      RunSummary resumed =
          attempts.attempt(yaml, run, StartMode.RESUME, Attempts.NEVER, RETURNING).summary();
      Attempts.assertSame(whole, straight, resumed, run);
      assertThat(resumed.history().returns()).as("after %d", steps).isEqualTo(2);
    }
  }

  @Test
  void aRunWithAnotherIntervalReturnsToACheckpointOfTheEarlierOne() {
    Path run = folder.resolve("run");
    String other = "training.checkpoint.everySteps=50";
    attempts.attempt(yaml, run, StartMode.NEW, Attempts.stopAfter(13), RETURNING);
    assertThatThrownBy(
            () -> attempts.attempt(yaml, run, StartMode.RESUME, Attempts.NEVER, RETURNING, other))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("training.checkpoint.everySteps was 6 and is 50")
        .hasMessageContaining("add --force");
    RunSummary summary =
        attempts
            .attempt(yaml, run, StartMode.RESUME_FORCED, Attempts.NEVER, RETURNING, other)
            .summary();
    assertThat(summary.notes())
        .anySatisfy(note -> assertThat(note).contains("and returned to step 12,"));
  }

  /** The best weights of a metric that is watched no more are in the checkpoint still. */
  @Test
  void whereARunReturnsToItKnowsNothingOfWhatIsNotWatchedAnyMore() {
    Path run = folder.resolve("run");
    attempts.attempt(
        yaml,
        run,
        StartMode.NEW,
        Attempts.stopAfter(13),
        RETURNING,
        "training.earlyStopping={metric: train.loss, patience: 40}");
    RunSummary summary =
        attempts.attempt(yaml, run, StartMode.RESUME_FORCED, Attempts.NEVER, RETURNING).summary();
    assertThat(summary.history().returns()).isPositive();
    RunSummary unwatched = attempts.whole(yaml, folder.resolve("unwatched"), RETURNING);
    assertThat(summary.parametersSha256()).isEqualTo(unwatched.parametersSha256());
  }

  @Test
  void aReturnToTheStartNeedsTheFirstWeightsThatTheRunBeganWith() throws IOException {
    attempts.whole(yaml, folder.resolve("one"), "training.steps=1");
    attempts.whole(yaml, folder.resolve("other"), "training.steps=2");
    Path weights = folder.resolve("weights.safetensors");
    Files.copy(folder.resolve("one/model/model.safetensors"), weights);
    String[] settings = {
      "network.initialWeights=" + weights,
      "training.checkpoint.everySteps=0",
      "training.onDivergence={reduceRate: 0.01, retries: 1}"
    };
    Path run = folder.resolve("run");
    attempts.attempt(yaml, run, StartMode.NEW, Attempts.stopAfter(10), settings);
    Files.copy(
        folder.resolve("other/model/model.safetensors"),
        weights,
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(
            () -> attempts.attempt(yaml, run, StartMode.RESUME, Attempts.NEVER, settings))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("network.initialWeights: " + weights + " is not what the run began");
  }

  @Test
  void afterAllRetriesTheRunHasDiverged() {
    Path run = folder.resolve("run");
    assertThatThrownBy(
            () -> attempts.whole(yaml, run, "training.onDivergence={reduceRate: 0.9, retries: 2}"))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("training diverged at step");
    RunSummary summary = RunFiles.summary(at(run)).orElseThrow();
    assertThat(summary.status()).isEqualTo("diverged");
    assertThat(summary.history().returns()).isEqualTo(2);
  }

  @Test
  void withoutCheckpointsTrainingReturnsToItsStart() {
    Path run = folder.resolve("run");
    RunSummary summary =
        attempts.whole(
            yaml,
            run,
            "training.checkpoint.everySteps=0",
            "training.onDivergence={reduceRate: 0.01, retries: 1}");
    assertThat(summary.status()).isEqualTo("completed");
    RunSummary slow = attempts.whole(yaml, folder.resolve("slow"), "optimizer.learningRate=0.03");
    assertThat(summary.parametersSha256()).isEqualTo(slow.parametersSha256());
  }

  /** No further step can notice that the last update ruined the weights. */
  @Test
  void aLateDivergenceIsAsGoodAReasonToReturn() {
    Path run = folder.resolve("run");
    RunSummary summary =
        attempts.whole(
            yaml,
            run,
            "training.steps=1",
            "optimizer.learningRate=1e38",
            "training.checkpoint.everySteps=1",
            "training.onDivergence={reduceRate: 1e-39, retries: 1}");
    assertThat(summary.status()).isEqualTo("completed");
    assertThat(summary.history().returns()).isEqualTo(1);
    assertThat(summary.train().loss()).isFinite();
    assertThat(run.resolve("model/model.json")).exists();
    assertThat(Attempts.metrics(run)).hasSize(2);
  }
}
