package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs that are asked to stop while what they compute cannot end, because another job of the
 * application holds all task slots.
 */
final class StoppedStepTest {
  private static final int SLOTS = 2;
  private static final int SIGTERM = 15;
  private static final String YAML =
      """
      name: stopped
      data: {format: bundled, name: digits, validation: {fraction: 0.1}, test: {fraction: 0.1}}
      network: {layers: [{kind: dense, units: 10}]}
      optimizer: {kind: adam}
      training:
        epochs: 2
        batchSize: 256
        shards: 2
        synchronizer: tree
        checkpoint: {everySteps: 0}
        earlyStopping: {metric: validation.loss, patience: 5}
      """;

  @TempDir private static Path shared;

  private static JavaSparkContext spark;
  private static Lockstep lockstep;
  private static Attempts attempts;
  private static RunSummary whole;
  private static List<String> wholeMetrics;

  private static volatile CountDownLatch held;
  private static volatile CountDownLatch released;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    lockstep = Lockstep.start("local[" + SLOTS + "]");
    spark = lockstep.spark();
    attempts = new Attempts(spark);
    whole = attempts.whole(YAML, shared);
    wholeMetrics = Attempts.metrics(shared);
  }

  @AfterAll
  static void stop() {
    lockstep.close();
  }

  @BeforeEach
  void renew() {
    held = new CountDownLatch(SLOTS);
    released = new CountDownLatch(1);
  }

  /** A task that holds its slot. */
  private static final class Hold implements VoidFunction<Integer> {
    private static final long serialVersionUID = 1L;

    @Override
    public void call(Integer number) throws InterruptedException {
      held.countDown();
      released.await();
    }
  }

  /** Takes all slots at some point, and stops the run or fails it once it waits for them. */
  private static final class Blockade implements StopRequest {
    private final Interruption interruption =
        new Interruption("then", note -> {}, code -> {}, code -> {}, Duration.ofMillis(1));

    private final CountDownLatch wanted = new CountDownLatch(1);

    /** Begun by the test's own thread: Spark hands what belongs to a thread on to its children. */
    private final Thread holder = new Thread(this::hold);

    private final Thread signal = new Thread(this::act);
    private final boolean stops;
    private long stepsBefore = Long.MAX_VALUE;
    private long shownBefore = Long.MAX_VALUE;
    private boolean atTheEnd;
    private Runnable giveUp;
    private volatile boolean heldToTheEnd;

    Blockade(boolean stops) {
      this.stops = stops;
      holder.start();
      signal.start();
    }

    private void hold() {
      awaitQuietly(wanted);
      spark.parallelize(List.of(1, 2), SLOTS).foreach(new Hold());
      heldToTheEnd = true;
    }

    private void act() {
      awaitQuietly(wanted);
      while (spark.statusTracker().getActiveJobIds().length < 2) {
        Thread.onSpinWait();
      }
      if (stops) {
        interruption.arrived(SIGTERM);
      } else {
        giveUp.run();
      }
    }

    private void takeAllSlots() {
      wanted.countDown();
      awaitQuietly(held);
    }

    /** As a clock of the progress display, which looks at it after each step and epoch. */
    private long shown() {
      if (shownBefore-- == 0) {
        takeAllSlots();
      }
      return 0;
    }

    private ProgressPrinter progress() {
      PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
      return new ProgressPrinter(nowhere, false, 80, 0, 0, false, this::shown);
    }

    @Override
    public boolean isMade() {
      if (stepsBefore-- == 0) {
        takeAllSlots();
      }
      return interruption.isMade();
    }

    @Override
    public void stepsBegin() {
      interruption.stepsBegin();
    }

    @Override
    public void computing(Runnable ending) {
      giveUp = ending;
      interruption.computing(ending);
    }

    @Override
    public void computed() {
      interruption.computed();
    }

    @Override
    public void stepsEnd() {
      interruption.stepsEnd();
      if (atTheEnd) {
        takeAllSlots();
      }
    }

    private RunSummary train(Path run, String... overrides) {
      try {
        return new TrainingRun(
                spark,
                ConfigurationReader.read(YAML, "test", null, List.of(overrides), Map.of()),
                RunFolder.at(run.toString(), spark.hadoopConfiguration()),
                StartMode.NEW,
                steps -> progress(),
                this,
                message -> {})
            .execute();
      } finally {
        wanted.countDown();
        released.countDown();
        joinQuietly(signal);
        joinQuietly(holder);
        interruption.close();
      }
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void joinQuietly(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void assertInterrupted(Blockade blockade, long steps, int epochs) {
    Path run = folder.resolve("run");
    RunSummary summary = blockade.train(run);
    assertThat(summary.status()).isEqualTo("interrupted");
    assertThat(summary.steps()).isEqualTo(steps);
    assertThat(blockade.heldToTheEnd).as("the other job is left alone").isTrue();
    assertThat(Attempts.checkpoints(run)).containsExactly(nameOf(steps));
    List<String> lines = Attempts.metrics(run);
    assertThat(lines).hasSize((int) steps + epochs);

    RunSummary resumed = attempts.attempt(YAML, run, StartMode.RESUME, Attempts.NEVER).summary();
    assertThat(resumed.parametersSha256()).isEqualTo(whole.parametersSha256());
    assertThat(resumed.status()).isEqualTo(whole.status());
    assertThat(resumed.train()).isEqualTo(whole.train());
    assertThat(resumed.validation()).isEqualTo(whole.validation());
    assertThat(resumed.test()).isEqualTo(whole.test());
    assertThat(Attempts.metrics(run)).isEqualTo(wholeMetrics);
  }

  private static String nameOf(long step) {
    return String.format(Locale.ROOT, "step-%09d", step);
  }

  @Test
  void aStepIsGivenUpAndTheOneBeforeIsKept() {
    Blockade blockade = new Blockade(true);
    blockade.stepsBefore = 3;
    assertInterrupted(blockade, 3, 0);
  }

  @Test
  void aValidationIsGivenUpAndMadeAgain() {
    long stepsOfEpoch = whole.steps() / 2;
    Blockade blockade = new Blockade(true);
    blockade.shownBefore = stepsOfEpoch;
    assertInterrupted(blockade, stepsOfEpoch, 0);
  }

  @Test
  void theLastValidationIsGivenUpAndMadeAgain() {
    Blockade blockade = new Blockade(true);
    blockade.shownBefore = whole.steps() + 1;
    assertInterrupted(blockade, whole.steps(), 1);
  }

  @Test
  void theEvaluationAtTheEndIsGivenUpAndMadeAgain() {
    Blockade blockade = new Blockade(true);
    blockade.atTheEnd = true;
    assertInterrupted(blockade, whole.steps(), 2);
  }

  @Test
  void aStepThatFailsLeavesTheOneBeforeWhereCheckpointsAreOn() {
    Blockade blockade = new Blockade(false);
    blockade.stepsBefore = 3;
    Path run = folder.resolve("run");
    assertThatThrownBy(() -> blockade.train(run, "training.checkpoint.everySteps=1000"))
        .hasMessageContaining("cancelled");
    assertThat(Attempts.checkpoints(run)).containsExactly(nameOf(3));
    assertThat(run.resolve("summary.json")).doesNotExist();
  }
}
