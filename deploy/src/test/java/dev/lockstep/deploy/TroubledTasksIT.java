package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tasks that fail, hang, run twice or cannot get what others computed change no bit of the result.
 * Each test sees to it that what it is about has happened.
 */
@Tag("clusters")
final class TroubledTasksIT {
  private static final Path LOGS = JavaProcess.ROOT.resolve("deploy/target/troubled-tasks");
  private static final int STEPS = 100;
  private static final int BARRIER_STEPS = 1500;

  /** So few sums that each task sends its own to the driver. */
  private static final int DIRECT = 4;

  /** Sums that meet in a shuffle. */
  private static final int SHUFFLED = 7;

  private static StandaloneCluster cluster;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = StandaloneCluster.start(LOGS.resolve("cluster"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void tasksThatFailWhenTheirWorkIsDone() throws Exception {
    Map<String, String> settings =
        Map.of("spark.plugins", FailingTasks.class.getName(), FailingTasks.EVERY, "5");
    try (TrainingProcess training = start("failing", "tree", DIRECT, STEPS, settings)) {
      training.awaitTheUndisturbedResult();
      assertThat(training.taskEnds("ExceptionFailure")).isGreaterThan(STEPS / 5 - 5);
      assertNoStepTwice(training);
    }
  }

  @Test
  void tasksOfTheDriversOwnProcessThatFailWhenTheirSumIsAdded() throws Exception {
    Map<String, String> settings =
        Map.of("spark.plugins", FailingTasks.class.getName(), FailingTasks.EVERY, "3");
    String yaml = Runs.yaml("tree", SHUFFLED, STEPS);
    try (TrainingProcess training =
        TrainingProcess.start(LOGS.resolve("failing-local"), "local[2,4]", yaml, settings)) {
      training.awaitTheUndisturbedResult();
      assertThat(training.taskEnds("ExceptionFailure")).isGreaterThan(STEPS / 3 - 5);
      assertNoStepTwice(training);
    }
  }

  @Test
  void tasksOfABarrierStageThatFail() throws Exception {
    Map<String, String> settings =
        Map.of("spark.plugins", FailingTasks.class.getName(), FailingTasks.EVERY, "1000000");
    try (TrainingProcess training =
        start("barrier", "barrier", SHUFFLED, BARRIER_STEPS, settings)) {
      training.awaitTheUndisturbedResult();
      assertThat(training.errors()).contains("The barrier stage failed at step ");
    }
  }

  @Test
  void resultsThatNobodyCanFetch() throws Exception {
    Map<String, String> settings =
        Map.of(
            ClusterEvents.FETCH_FAILURES,
            "2",
            "spark.shuffle.io.maxRetries",
            "1",
            "spark.shuffle.io.retryWait",
            "100ms");
    try (TrainingProcess training = start("fetch", "tree", SHUFFLED, STEPS, settings)) {
      training.awaitTheUndisturbedResult();
      assertThat(training.taskEnds("FetchFailed")).isGreaterThanOrEqualTo(2);
      assertNoStepTwice(training);
      assertThat(training.disturbedJobs())
          .hasSizeLessThanOrEqualTo(training.events("killed").size());
    }
  }

  @Test
  void tasksThatHangWhileCopiesOfThemFinish() throws Exception {
    Map<String, String> settings =
        Map.of(
            "spark.speculation", "true",
            "spark.speculation.interval", "50ms",
            "spark.speculation.multiplier", "1.1",
            "spark.speculation.quantile", "0.5",
            "spark.speculation.minTaskRuntime", "50ms",
            "spark.locality.wait", "0");
    try (TrainingProcess training = start("speculation", "tree", SHUFFLED, STEPS, settings)) {
      training.awaitStep(10);
      long copies = 0;
      for (int pulse = 0; pulse < 10 && copies < 2; pulse++) {
        training.await("both executors are there", () -> training.executors().size() == 2);
        ExecutorProcess slow = training.executors().get(pulse % 2);
        slow.stop();
        Thread.sleep(700);
        slow.goOn();
        training.awaitStep(training.lastStep() + 1);
        copies = training.copiesThatCameFirst();
      }
      training.awaitTheUndisturbedResult();
      assertThat(training.copiesThatCameFirst()).isGreaterThanOrEqualTo(2);
      assertNoStepTwice(training);
    }
  }

  private static TrainingProcess start(
      String name, String synchronizer, int shards, int steps, Map<String, String> settings)
      throws Exception {
    String yaml = Runs.yaml(synchronizer, shards, steps);
    return TrainingProcess.start(LOGS.resolve(name), cluster.url(), yaml, settings);
  }

  /** One job for each step and each evaluation. */
  private static void assertNoStepTwice(TrainingProcess training) {
    assertThat(training.jobsOfReplicas()).isEqualTo(STEPS + Runs.evaluations(STEPS));
  }
}
