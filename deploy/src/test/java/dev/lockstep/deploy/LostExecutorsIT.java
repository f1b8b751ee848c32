package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Executors that are killed while they train, one, then another, then all at once: no bit of the
 * result changes, and no kill makes more than the step at hand be computed again.
 */
@Tag("clusters")
final class LostExecutorsIT {
  private static final Path LOGS = JavaProcess.ROOT.resolve("deploy/target/lost-executors");

  /** Enough for executors to come back while the others go on. */
  private static final int TREE_STEPS = 300;

  private static final int BARRIER_STEPS = 1500;
  private static final int SHARDS = 7;
  private static final int KILLS = 3;

  private static final Pattern REPEATED =
      Pattern.compile("The barrier stage failed at (step [0-9]+|the [a-z]+ split)");

  private static StandaloneCluster cluster;

  private final Random random = new Random(System.nanoTime());

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = StandaloneCluster.start(LOGS.resolve("cluster"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void ofALocalClusterUnderTree() throws Exception {
    tree(LOGS.resolve("local-cluster-tree"), Runs.LOCAL_CLUSTER);
  }

  @Test
  void ofALocalClusterUnderBarrier() throws Exception {
    barrier(LOGS.resolve("local-cluster-barrier"), Runs.LOCAL_CLUSTER);
  }

  @Test
  void ofAStandaloneClusterUnderTree() throws Exception {
    tree(LOGS.resolve("standalone-tree"), cluster.url());
  }

  @Test
  void ofAStandaloneClusterUnderBarrier() throws Exception {
    barrier(LOGS.resolve("standalone-barrier"), cluster.url());
  }

  /** A whole machine, and no executor comes in place of its own: too few are left for barrier. */
  @Test
  void thatDoNotComeBackUnderAuto() throws Exception {
    // Enough for the barrier to be still at work when the machine goes.
    String yaml = Runs.yaml("auto", SHARDS, BARRIER_STEPS);
    Map<String, String> settings = Map.of("spark.lockstep.barrier.startTimeout", "40s");
    try (StandaloneCluster shrinking = StandaloneCluster.start(LOGS.resolve("shrinking"));
        TrainingProcess training =
            TrainingProcess.start(LOGS.resolve("auto"), shrinking.url(), yaml, settings)) {
      training.await(
          "the barrier is taken",
          () -> training.errors().contains("synchronizer auto: took barrier"));
      shrinking.loseWorkers(1);
      training.awaitTheUndisturbedResult();
      assertThat(training.errors())
          // The other tasks find no place, before the slots are counted anew or after it.
          .containsPattern(
              "synchronizer auto: took tree.* barrier is left out: (The barrier stage cannot start"
                  + " again|After 40 s the barrier stage still waits)");
    }
  }

  /** No step can end any more, and yet the run does. */
  @Test
  void thatAreAllGoneWhenTheRunIsStopped() throws Exception {
    String yaml = Runs.yaml("tree", SHARDS, TREE_STEPS);
    try (StandaloneCluster shrinking = StandaloneCluster.start(LOGS.resolve("vanishing"));
        TrainingProcess training =
            TrainingProcess.start(LOGS.resolve("stopped"), shrinking.url(), yaml, Map.of())) {
      training.awaitStep(5);
      shrinking.loseWorkers(2);
      training.await("both are gone", () -> training.events("executorRemoved").size() >= 2);
      training.terminate();
      training.awaitTheInterruptedResult();
    }
  }

  /** Ended and started by Spark itself. */
  @Test
  void thatComeAndGoWithTheWork() throws Exception {
    String yaml = Runs.yaml("tree", SHARDS, TREE_STEPS);
    Map<String, String> settings =
        Map.ofEntries(
            Map.entry("spark.dynamicAllocation.enabled", "true"),
            Map.entry("spark.dynamicAllocation.shuffleTracking.enabled", "true"),
            Map.entry("spark.dynamicAllocation.shuffleTracking.timeout", "0s"),
            Map.entry("spark.dynamicAllocation.minExecutors", "1"),
            Map.entry("spark.dynamicAllocation.initialExecutors", "2"),
            Map.entry("spark.dynamicAllocation.maxExecutors", "2"),
            Map.entry("spark.dynamicAllocation.executorIdleTimeout", "0s"),
            Map.entry("spark.dynamicAllocation.cachedExecutorIdleTimeout", "0s"),
            Map.entry("spark.dynamicAllocation.schedulerBacklogTimeout", "1s"),
            // More tasks than two executors take at once.
            Map.entry("spark.default.parallelism", "6"),
            Map.entry("spark.locality.wait", "0"));
    try (TrainingProcess training =
        TrainingProcess.start(LOGS.resolve("dynamic"), cluster.url(), yaml, settings)) {
      training.awaitStep(5);
      for (int round = 1; round <= 2; round++) {
        int gone = round;
        training.await(
            "an idle executor is gone", () -> training.events("executorRemoved").size() >= gone);
        makeAnotherCome(training);
      }
      training.awaitTheUndisturbedResult();
      assertThat(workers(training)).as("executors that worked").hasSizeGreaterThanOrEqualTo(3);
      assertThat(training.events("executorRemoved")).as("went").hasSizeGreaterThanOrEqualTo(2);
      assertThat(training.jobsOfReplicas()).isEqualTo(TREE_STEPS + Runs.evaluations(TREE_STEPS));
    }
  }

  /**
   * Stops the executor that is left until Spark asks for another, because a task waits for more
   * than a second, and gives that to the newcomer. Where the last task of its stage was already at
   * work, none waits, and the newcomer may have to wait for what the stopped one holds: once more.
   */
  private static void makeAnotherCome(TrainingProcess training) throws InterruptedException {
    int known = workers(training).size();
    for (int pulse = 0; pulse < 20 && workers(training).size() == known; pulse++) {
      training.await("an executor is there", () -> !training.executors().isEmpty());
      ExecutorProcess last = training.executors().get(0);
      last.stop();
      if (seen(() -> training.startedExecutors().size() > 1)) {
        // However slowly it starts: let go, the other would soon have done what it comes for.
        training.await(
            "the newcomer is there or gone",
            () -> training.executors().size() > 1 || training.startedExecutors().size() <= 1);
        seen(() -> workers(training).size() > known);
      }
      last.goOn();
      int jobs = training.events("job").size();
      training.await("the next step begins", () -> training.events("job").size() > jobs);
    }
    assertThat(workers(training)).as("executors that have worked").hasSizeGreaterThan(known);
  }

  /** Whether something comes true within four seconds. */
  private static boolean seen(BooleanSupplier condition) throws InterruptedException {
    for (int look = 0; look < 80 && !condition.getAsBoolean(); look++) {
      Thread.sleep(50);
    }
    return condition.getAsBoolean();
  }

  /** The executors that have finished a task. */
  private static Set<String> workers(TrainingProcess training) {
    Set<String> workers = new TreeSet<>();
    training.events("task").forEach(task -> workers.add(task[4]));
    return workers;
  }

  private void tree(Path folder, String master) throws Exception {
    String yaml = Runs.yaml("tree", SHARDS, TREE_STEPS);
    try (TrainingProcess training = TrainingProcess.start(folder, master, yaml, Map.of())) {
      kill(training);
      training.awaitTheUndisturbedResult();
      // One job for each step and each evaluation: where a part of it fails, the rest stands.
      assertThat(training.jobsOfReplicas()).isEqualTo(TREE_STEPS + Runs.evaluations(TREE_STEPS));
      assertThat(training.disturbedJobs()).hasSizeBetween(1, KILLS);
      assertEveryKillIsTold(training);
    }
  }

  private void barrier(Path folder, String master) throws Exception {
    String yaml = Runs.yaml("barrier", SHARDS, BARRIER_STEPS);
    try (TrainingProcess training = TrainingProcess.start(folder, master, yaml, Map.of())) {
      kill(training);
      training.awaitTheUndisturbedResult();
      Set<String> repeated = new TreeSet<>();
      Matcher told = REPEATED.matcher(training.errors());
      while (told.find()) {
        repeated.add(told.group(1));
      }
      assertThat(repeated).as("steps that were computed again").hasSize(KILLS);
      assertEveryKillIsTold(training);
    }
  }

  private static void assertEveryKillIsTold(TrainingProcess training) {
    assertThat(training.errors().lines().filter(line -> line.contains(" event=executorLost ")))
        .hasSize(KILLS + 1)
        .allSatisfy(line -> assertThat(line).contains(" executor=", " reason="));
  }

  /** Kills the older executor, the one that was the younger, and both, once both are at work. */
  private void kill(TrainingProcess training) throws InterruptedException {
    for (int kill = 0; kill < KILLS; kill++) {
      training.await("both executors are there", () -> training.executors().size() == 2);
      training.awaitStep(training.lastStep() + 10);
      Thread.sleep(random.nextInt(50));
      List<ExecutorProcess> executors = training.executors();
      (kill < 2 ? executors.subList(0, 1) : executors).forEach(ExecutorProcess::kill);
      int lost = kill < 2 ? kill + 1 : kill + 2;
      training.await("Spark knows that", () -> training.events("executorRemoved").size() >= lost);
    }
  }
}
