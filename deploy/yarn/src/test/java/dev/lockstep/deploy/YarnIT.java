package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs under YARN with everything on HDFS, submitted in both deploy modes. */
@Tag("clusters")
final class YarnIT {
  private static final Path FOLDER = HadoopCluster.logs("yarn");

  /** Steps where nothing has to be waited for, and where something is to happen on the way. */
  private static final int FEW = 40;

  private static final int MANY = 150;

  private static final String REGISTRY = "/models/nights";

  private static final Map<String, String> ONE_ATTEMPT = Map.of("spark.yarn.maxAppAttempts", "1");

  private static HadoopCluster cluster;
  private static String table;

  @BeforeAll
  static void putTheInput() throws Exception {
    cluster = HadoopCluster.get();
    Folders.clear(FOLDER);
    Files.writeString(FOLDER.resolve("table.csv"), Table.csv());
    cluster.write("/input/table.csv", Table.csv());
    table = cluster.uri("/input/table.csv");
  }

  /** The same run on threads, with the same file on this machine. */
  private static String alone(int steps) {
    return Table.yaml(FOLDER.resolve("table.csv").toString(), "local", steps);
  }

  private static String local(String name, String yaml) throws IOException {
    Path file = FOLDER.resolve(name);
    Files.writeString(file, yaml);
    return file.toString();
  }

  @Test
  void clientModeTrainsToTheSameBits() throws Exception {
    String configuration = local("client.yaml", Table.yaml(table, "barrier", FEW));
    try (YarnRun run =
        YarnRun.submit(cluster, "client", "client", Map.of(), List.of(), configuration)) {
      assertThat(run.awaitEnd()).as(run.errors()).isZero();
      assertThat(run.told()).isEqualTo(run.output() + "\n");
      run.requireTheUndisturbedResult(alone(FEW));
      assertThat(run.report().getFinalApplicationStatus())
          .isEqualTo(FinalApplicationStatus.SUCCEEDED);
    }
  }

  @Test
  void clientModeEndsWithTheExitCode() throws Exception {
    String configuration =
        local("typo.yaml", Table.yaml(table, "tree", FEW).replace("batchSize", "batchSise"));
    try (YarnRun run =
        YarnRun.submit(cluster, "typo", "client", Map.of(), List.of(), configuration)) {
      assertThat(run.awaitEnd()).as(run.errors()).isEqualTo(2);
      assertThat(run.errors()).contains("batchSise");
    }
  }

  @Test
  void clusterModeTrainsToTheSameBits() throws Exception {
    cluster.write("/input/cluster.yaml", Table.yaml("table.csv", "tree", FEW));
    try (YarnRun run =
        YarnRun.submit(
            cluster,
            "cluster",
            "cluster",
            Map.of(),
            List.of(),
            cluster.uri("/input/cluster.yaml"))) {
      assertThat(run.awaitEnd()).as(run.errors()).isZero();
      assertThat(run.report().getFinalApplicationStatus())
          .isEqualTo(FinalApplicationStatus.SUCCEEDED);
      assertThat(run.report().getCurrentApplicationAttemptId().getAttemptId()).isEqualTo(1);
      run.requireTheUndisturbedResult(alone(FEW));
      assertThat(cluster.names("/runs/cluster"))
          .containsExactly(
              "application.txt",
              "checkpoints",
              "config.yaml",
              "metrics.jsonl",
              "model",
              "quarantine",
              "report.html",
              "summary.json");
    }
  }

  @Test
  void aKilledDriverAndAKilledExecutorAreMadeUpFor() throws Exception {
    cluster.write("/input/killed.yaml", Table.yaml("table.csv", "tree", MANY));
    try (YarnRun run =
        YarnRun.submit(
            cluster,
            "killed",
            "cluster",
            Map.of("spark.yarn.maxAppAttempts", "2"),
            List.of(),
            cluster.uri("/input/killed.yaml"))) {
      run.awaitStep(25);
      run.executors().get(0).kill();
      run.awaitStep(60);
      assertThat(run.masterOfApplication().destroyForcibly()).isTrue();
      assertThat(run.awaitEnd()).as(run.errors()).isZero();

      ApplicationReport report = run.report();
      assertThat(report.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
      assertThat(report.getCurrentApplicationAttemptId().getAttemptId()).isEqualTo(2);
      run.requireTheUndisturbedResult(alone(MANY));
      JsonNode attempts = new ObjectMapper().readTree(cluster.read("/runs/killed/attempts.json"));
      assertThat(attempts.path("resumedFromSteps")).hasSize(1);
      assertThat(attempts.path("resumedFromSteps").get(0).asLong()).isBetween(40L, MANY - 1L);
      assertThat(cluster.read("/runs/killed/application.txt"))
          .isEqualTo(report.getApplicationId().toString());
    }
  }

  @Test
  void clusterModeTellsWhichRowIsWrong() throws Exception {
    // The configuration goes along with the application.
    String configuration =
        local(
            "rows.yaml",
            Table.yaml(table, "tree", FEW).replace("badRows: quarantine", "badRows: fail"));
    try (YarnRun run =
        YarnRun.submit(
            cluster,
            "rows",
            "cluster",
            ONE_ATTEMPT,
            List.of("--files", configuration),
            "rows.yaml")) {
      requireFailure(run, "FailedCommand: exit code 3: " + table, "'n/a'");
      assertThat(cluster.read("/runs/rows/config.yaml")).isEmpty();
    }
  }

  @Test
  void clusterModeTellsWhatIsWrongWithTheConfiguration() throws Exception {
    cluster.write(
        "/input/typo.yaml", Table.yaml("table.csv", "tree", FEW).replace("batchSize", "batchSise"));
    try (YarnRun run =
        YarnRun.submit(
            cluster,
            "mistake",
            "cluster",
            ONE_ATTEMPT,
            List.of(),
            cluster.uri("/input/typo.yaml"))) {
      requireFailure(run, "FailedCommand: exit code 2: ", "batchSise");
    }
  }

  /**
   * The second attempt, which YARN makes of any failure, finds the run as the first has left it.
   */
  @Test
  void clusterModeTellsOfADivergence() throws Exception {
    cluster.write(
        "/input/diverging.yaml",
        Table.yaml("table.csv", "tree", FEW)
            .replace("{kind: adam, learningRate: 0.002}", "{kind: sgd, learningRate: 1.0e30}"));
    try (YarnRun run =
        YarnRun.submit(
            cluster,
            "diverging",
            "cluster",
            Map.of("spark.yarn.maxAppAttempts", "2"),
            List.of(),
            cluster.uri("/input/diverging.yaml"))) {
      requireFailure(run, "FailedCommand: exit code 4: ", "diverged at step");
      assertThat(run.report().getCurrentApplicationAttemptId().getAttemptId()).isEqualTo(2);
      assertThat(cluster.read("/runs/diverging/summary.json")).contains("\"diverged\"");
    }
  }

  /** Two nights, and the second once more, as a scheduler starts them. */
  @Test
  void clusterModeRetrainsAndDecidesOnceForARunDate() throws Exception {
    String first = "2026-01-01";
    String second = "2026-01-02";
    cluster.write("/nights/day=" + first + "/table.csv", Table.csv());
    cluster.write("/nights/day=" + second + "/table.csv", Table.csv(6));
    cluster.write("/nights/holdout.csv", Table.csv(7));
    cluster.write("/nights/run.yaml", Table.retraining(REGISTRY, "tree", FEW));

    JsonNode published = retrain("night-1", first);
    assertThat(published.path("decision").asText()).isEqualTo("published");
    assertThat(published.path("runDate").asText()).isEqualTo(first);
    assertThat(published.path("registry").asText()).isEqualTo(cluster.uri(REGISTRY));
    assertThat(published.path("runFolder").asText()).isEqualTo(cluster.uri("/runs/night-1"));
    assertThat(published.path("champion").isNull()).isTrue();
    assertThat(published.path("challenger").path("version").asInt()).isEqualTo(1);
    assertThat(cluster.names(REGISTRY)).containsExactly("champion.json", "decisions", "versions");
    assertThat(cluster.read(REGISTRY + "/decisions/" + first + ".json"))
        .isEqualTo(cluster.read("/runs/night-1/decision.json"));
    String champion = cluster.read(REGISTRY + "/champion.json");
    assertThat(new ObjectMapper().readTree(champion).path("version").asInt()).isEqualTo(1);

    JsonNode kept = retrain("night-2", second);
    assertThat(kept.path("decision").asText()).isEqualTo("kept");
    assertThat(kept.path("startedFrom").path("version").asInt()).isEqualTo(1);
    assertThat(kept.path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(kept.path("challenger").path("version").isNull()).isTrue();
    assertThat(kept.path("improvement").asDouble()).isLessThan(0.5);
    assertThat(kept.path("checks")).isNotEmpty();

    JsonNode again = retrain("night-2-again", second);
    assertThat(again.path("decision").asText()).isEqualTo("alreadyDone");
    assertThat(again.path("decidedBefore").asText()).isEqualTo("kept");
    assertThat(cluster.names("/runs/night-2-again")).containsExactly("decision.json");

    assertThat(cluster.names(REGISTRY + "/versions")).containsExactly("v000001");
    assertThat(cluster.read(REGISTRY + "/champion.json")).isEqualTo(champion);
    assertThat(cluster.names(REGISTRY + "/decisions"))
        .containsExactly(first + ".json", second + ".json");
  }

  /** A night that ends well, whatever is decided; returns its decision. */
  private static JsonNode retrain(String name, String runDate) throws Exception {
    List<String> command =
        List.of("retrain", cluster.uri("/nights/run.yaml"), "--run-date", runDate, "--resume");
    try (YarnRun run = YarnRun.submit(cluster, name, "cluster", Map.of(), List.of(), command)) {
      assertThat(run.awaitEnd()).as(run.errors()).isZero();
      ApplicationReport report = run.report();
      assertThat(report.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
      assertThat(report.getCurrentApplicationAttemptId().getAttemptId()).isEqualTo(1);
    }
    return new ObjectMapper().readTree(cluster.read("/runs/" + name + "/decision.json"));
  }

  /**
   * What a pipeline sees of spark-submit: exit code 1, and the sentence, in the words that the
   * launcher looks for, in the diagnostics and on stderr.
   */
  private static void requireFailure(YarnRun run, String... words) throws InterruptedException {
    assertThat(run.awaitEnd()).as(run.errors()).isEqualTo(1);
    ApplicationReport report = run.report();
    assertThat(report.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.FAILED);
    assertThat(report.getDiagnostics()).contains(words);
    assertThat(run.errors()).contains(words);
  }
}
