package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.TrainingFixture;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.BatchMoments;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.replica.Examples;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to a barrier stage when something goes wrong. */
class BarrierFailureTest {
  private static final AtomicInteger STARTS = new AtomicInteger();
  private static final AtomicLong NEWEST_TASK = new AtomicLong();

  @BeforeEach
  void forget() {
    STARTS.set(0);
    NEWEST_TASK.set(-1);
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    Threads.awaitNone("lockstep-");
    assertThat(Stations.count()).as("stations").isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTaskKilledInTheMiddleCostsOneStartAndNoBit(boolean isolated) throws Exception {
    GeneratedRun run = GeneratedRun.of(3);
    try (JavaSparkContext spark = TrainingFixture.spark("local[3]")) {
      spark.sc().addSparkListener(new NewestTask());
      try (BarrierReplicas replicas = run.barrier(spark, 3, isolated)) {
        long digest =
            GeneratedRun.digest(
                replicas,
                run,
                600,
                step -> {
                  if (step == 5 || step == 300) {
                    awaitListeners(spark);
                    spark.sc().killTaskAttempt(NEWEST_TASK.get(), false, "on purpose");
                  }
                });
        assertThat(digest).isEqualTo(run.expected(600));
        assertThat(replicas.starts()).as("starts of the stage").isEqualTo(3);
      }
    }
  }

  @Test
  void synchronizedShardsThatWaitForAKilledTaskAreReleased() throws Exception {
    GeneratedRun run = synchronizedRun(3);
    for (boolean isolated : List.of(false, true)) {
      NEWEST_TASK.set(-1);
      try (JavaSparkContext spark = TrainingFixture.spark("local[3]")) {
        spark.sc().addSparkListener(new NewestTask());
        try (BarrierReplicas replicas = run.barrier(spark, 3, isolated)) {
          // The task hears of it some steps later, when others wait for it in the next one.
          long digest =
              GeneratedRun.digest(
                  replicas,
                  run,
                  400,
                  step -> {
                    if (step == 4) {
                      awaitListeners(spark);
                      spark.sc().killTaskAttempt(NEWEST_TASK.get(), false, "on purpose");
                    }
                  });
          assertThat(digest).isEqualTo(run.expected(400));
          assertThat(replicas.starts()).isEqualTo(2);
        }
      }
    }
  }

  @Test
  void synchronizedMomentsHaveTheBitsOfTheLocalReplicas() throws Exception {
    for (int shards : new int[] {1, 5, 7}) {
      GeneratedRun run = synchronizedRun(shards);
      try (JavaSparkContext spark = TrainingFixture.spark("local[7]")) {
        for (int partitions : new int[] {1, Math.min(3, shards), shards}) {
          for (boolean isolated : List.of(false, true)) {
            try (BarrierReplicas replicas = run.barrier(spark, partitions, isolated)) {
              assertThat(GeneratedRun.digest(replicas, run, 9, step -> {}))
                  .as("%d shards, %d partitions, isolated: %s", shards, partitions, isolated)
                  .isEqualTo(run.expected(9));
            }
          }
        }
      }
    }
  }

  /** Some mini-batches leave shards without rows. */
  private static GeneratedRun synchronizedRun(int shards) {
    return new GeneratedRun(
        shards,
        List.of(
            GeneratedRun.dense(8),
            new LayerSpec.BatchNorm(BatchMoments.SYNCHRONIZED),
            new LayerSpec.Tanh(),
            new LayerSpec.Residual(
                List.of(GeneratedRun.dense(8), new LayerSpec.BatchNorm(BatchMoments.SYNCHRONIZED)),
                false),
            GeneratedRun.dense(GeneratedRun.CLASSES)),
        11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTaskThatFailsAtItsFirstStartIsStartedAgain(boolean isolated) throws Exception {
    GeneratedRun run = GeneratedRun.of(3);
    try (JavaSparkContext spark = TrainingFixture.spark("local[3]")) {
      JavaRDD<Shard> train = run.distributed(spark, 3).mapPartitions(new FailsInStage(1));
      try (BarrierReplicas replicas = run.barrier(spark, train, isolated)) {
        assertThat(GeneratedRun.digest(replicas, run, 3, step -> {})).isEqualTo(run.expected(3));
        assertThat(replicas.starts()).isEqualTo(2);
      }
    }
  }

  @Test
  void aTaskThatAlwaysFailsIsGivenUpWithItsReason() {
    GeneratedRun run = GeneratedRun.of(3);
    try (JavaSparkContext spark =
        TrainingFixture.spark("local[3]", Map.of("spark.task.maxFailures", "3"))) {
      JavaRDD<Shard> train =
          run.distributed(spark, 3).mapPartitions(new FailsInStage(Integer.MAX_VALUE));
      try (BarrierReplicas replicas = run.barrier(spark, train, false)) {
        ParameterVector parameters = run.parameters();
        assertThatThrownBy(() -> replicas.compute(parameters, run.step(1)))
            .isInstanceOf(LockstepException.class)
            .hasMessageContainingAll("3 times in a row", "step 1", "a failure on purpose");
        assertThat(replicas.starts()).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anErrorThatEveryAttemptWouldMeetIsToldAtOnce(boolean isolated) {
    // One array cannot hold what this layer makes of the mini-batch.
    GeneratedRun run =
        new GeneratedRun(
            1,
            List.of(GeneratedRun.dense(1), GeneratedRun.dense(6_000_000), GeneratedRun.dense(3)),
            300);
    try (JavaSparkContext spark = TrainingFixture.spark("local[1]");
        BarrierReplicas replicas = run.barrier(spark, 1, isolated)) {
      int length = replicas.parameterCount();
      LockstepException failure =
          catchThrowableOfType(
              LockstepException.class,
              () -> replicas.compute(new ParameterVector(new float[length]), run.step(1)));
      assertThat(failure.kind()).isEqualTo(ErrorKind.RESOURCE);
      assertThat(replicas.starts()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTaskThatNeverComesIsNamed(boolean isolated) {
    GeneratedRun run = GeneratedRun.of(3);
    try (JavaSparkContext spark =
        TrainingFixture.spark("local[3]", Map.of("spark.lockstep.barrier.startTimeout", "3s"))) {
      JavaRDD<Shard> train = run.distributed(spark, 3).mapPartitions(new HangsInStage());
      try (BarrierReplicas replicas = run.barrier(spark, train, isolated)) {
        ParameterVector parameters = run.parameters();
        assertThatThrownBy(() -> replicas.compute(parameters, run.step(1)))
            .isInstanceOf(LockstepException.class)
            .hasMessageContainingAll(
                "After 3 s", "1 of its 3 tasks: partitions 1.", "3 task slots");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void workThatTakesTooLongNamesThePartitions(boolean isolated) {
    GeneratedRun run =
        new GeneratedRun(
            2,
            List.of(GeneratedRun.dense(2000), GeneratedRun.dense(2000), GeneratedRun.dense(3)),
            300);
    try (JavaSparkContext spark =
        TrainingFixture.spark("local[2]", Map.of("spark.lockstep.barrier.stepTimeout", "1s"))) {
      JavaRDD<Shard> train = run.distributed(spark, 2).mapPartitions(new ManyRows());
      try (BarrierReplicas replicas = run.barrier(spark, train, isolated)) {
        ParameterVector parameters = run.parameters();
        assertThatThrownBy(() -> replicas.evaluate(parameters, Split.TRAIN))
            .isInstanceOf(LockstepException.class)
            .hasMessageContainingAll("After 1 s", "spark.lockstep.barrier.stepTimeout")
            .hasMessageFindingMatch("waits for partitions [01]");
      }
    }
  }

  @Test
  void fewerSlotsThanTasksAreRefusedBeforeAnythingStarts() {
    GeneratedRun run = GeneratedRun.of(3);
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      assertThatThrownBy(() -> run.barrier(spark, 3, false))
          .isInstanceOf(LockstepException.class)
          .hasMessageContainingAll(
              "all its 3 tasks", "2 task slots", "training.synchronizer: tree");
    }
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    GeneratedRun run = GeneratedRun.of(1);
    Map<String, String> wrong =
        Map.of(
            "spark.lockstep.barrier.port", "70000",
            "spark.lockstep.barrier.stepTimeout", "soon",
            "spark.lockstep.barrier.chunkSize", "10",
            "spark.task.maxFailures", "some",
            "spark.ssl.rpc.enabled", "true");
    try (JavaSparkContext spark = TrainingFixture.spark("local[1]")) {
      wrong.forEach(
          (key, value) -> {
            spark.sc().conf().set(key, value);
            assertThatThrownBy(() -> run.barrier(spark, 1, false))
                .isInstanceOfSatisfying(
                    LockstepException.class,
                    failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.USAGE))
                .hasMessageContaining(key);
            spark.sc().conf().remove(key);
          });
    }
  }

  @Test
  void anInterruptedDriverCancelsAndCanBeClosed() throws Exception {
    GeneratedRun run = GeneratedRun.of(2);
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      JavaRDD<Shard> train = run.distributed(spark, 2).mapPartitions(new HangsInStage());
      AtomicInteger seen = new AtomicInteger();
      Thread driver =
          new Thread(
              () -> {
                try (BarrierReplicas replicas = run.barrier(spark, train, false)) {
                  replicas.compute(run.parameters(), run.step(1));
                } catch (IllegalStateException interrupted) {
                  seen.set(Thread.currentThread().isInterrupted() ? 1 : 2);
                }
              });
      driver.start();
      while (STARTS.get() == 0) {
        Thread.sleep(20);
      }
      driver.interrupt();
      driver.join(TimeUnit.SECONDS.toMillis(60));
      assertThat(driver.isAlive()).isFalse();
      assertThat(seen.get()).isEqualTo(1);
      // The slots are free again.
      assertThat(spark.parallelize(List.of(1, 2), 2).count()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void workThatIsCanceledFailsAndItsThreadIsNotLeftInterrupted(boolean isolated) throws Exception {
    GeneratedRun run = GeneratedRun.of(2);
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]")) {
      JavaRDD<Shard> train = run.distributed(spark, 2).mapPartitions(new HangsInStage());
      try (BarrierReplicas replicas = run.barrier(spark, train, isolated)) {
        Thread canceler =
            new Thread(
                () -> {
                  while (STARTS.get() == 0) {
                    Thread.onSpinWait();
                  }
                  replicas.cancel();
                });
        canceler.start();
        ParameterVector parameters = run.parameters();
        assertThatThrownBy(() -> replicas.compute(parameters, run.step(1)))
            .isInstanceOf(IllegalStateException.class);
        assertThat(Thread.interrupted()).isFalse();
        canceler.join();
        assertThatThrownBy(() -> replicas.compute(parameters, run.step(1)))
            .isInstanceOf(IllegalStateException.class);
        assertThat(replicas.starts()).isEqualTo(1);
      }
      assertThat(spark.parallelize(List.of(1, 2), 2).count()).isEqualTo(2);
    }
  }

  /** Remembers the task that was started last. */
  private static final class NewestTask extends SparkListener {
    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      NEWEST_TASK.accumulateAndGet(start.taskInfo().taskId(), Math::max);
    }
  }

  private static boolean isSecondTaskOfTheStage() {
    return TaskContext.get() instanceof BarrierTaskContext context && context.partitionId() == 1;
  }

  /** Fails a task of the barrier stage at its first starts, and no other. */
  private static final class FailsInStage implements FlatMapFunction<Iterator<Shard>, Shard> {
    private static final long serialVersionUID = 1L;

    private final int times;

    private FailsInStage(int times) {
      this.times = times;
    }

    @Override
    public Iterator<Shard> call(Iterator<Shard> shards) {
      if (isSecondTaskOfTheStage() && STARTS.getAndIncrement() < times) {
        throw new IllegalStateException("a failure on purpose");
      }
      return shards;
    }
  }

  /** What the listener knows is up to date afterwards; Spark tells it things in its own time. */
  private static void awaitListeners(JavaSparkContext spark) {
    try {
      spark.sc().listenerBus().waitUntilEmpty();
    } catch (TimeoutException late) {
      throw new AssertionError(late);
    }
  }

  /** Gives every shard so many rows that nobody evaluates them in a second. */
  private static final class ManyRows implements FlatMapFunction<Iterator<Shard>, Shard> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS = 25_000;

    @Override
    public Iterator<Shard> call(Iterator<Shard> shards) {
      int number = shards.next().number();
      float[] features = new float[ROWS * GeneratedRun.FEATURES];
      Examples rows =
          new Examples(GeneratedRun.FEATURES, number, 2, features, new float[ROWS], null);
      return List.of(new Shard(number, rows)).iterator();
    }
  }

  /** Lets a task of the barrier stage wait until it is canceled. */
  private static final class HangsInStage implements FlatMapFunction<Iterator<Shard>, Shard> {
    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<Shard> call(Iterator<Shard> shards) throws InterruptedException {
      if (isSecondTaskOfTheStage()) {
        STARTS.getAndIncrement();
        while (!TaskContext.get().isInterrupted()) {
          Thread.sleep(20);
        }
      }
      return shards;
    }
  }
}
