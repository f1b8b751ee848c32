package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs on one machine of which everything lies on HDFS: configuration, data, folder, model,
 * registry.
 */
@Tag("clusters")
final class HdfsIT {
  private static final Path FOLDER = HadoopCluster.logs("hdfs");
  private static final int STEPS = 400;
  private static final int EVERY_STEPS = 20;
  private static final String RUN = "/runs/hdfs";

  private static final Pattern RESUMED =
      Pattern.compile("Resumed from checkpoint step-0*([0-9]+),");

  private static HadoopCluster cluster;

  @BeforeAll
  static void putTheInput() throws Exception {
    cluster = HadoopCluster.get();
    Folders.clear(FOLDER);
    Files.writeString(FOLDER.resolve("table.csv"), Table.csv());
    cluster.write("/input/table.csv", Table.csv());
    // The path of the data is relative to the configuration.
    cluster.write("/input/run.yaml", Table.yaml("table.csv", "local", STEPS));
  }

  @Test
  void aKilledRunGoesOnToTheSameEndAndItsModelIsReadBack() throws Exception {
    long seen;
    try (JavaProcess first = train("first")) {
      awaitStep(first, 3 * EVERY_STEPS);
      // It lives as long as it takes to find out.
      first.stop();
      try (JavaProcess second = train("second")) {
        assertThat(second.awaitEnd(120)).as(second.errors()).isEqualTo(2);
        assertThat(second.errors())
            .contains(cluster.uri(RUN) + " is being written to by another run: process ")
            .contains("user " + System.getProperty("user.name"));
      }
      seen = TrainingProcess.lastStep(cluster.read(RUN + "/metrics.jsonl"));
      first.kill();
    }
    try (JavaProcess third = train("third", "--resume")) {
      assertThat(third.awaitEnd(180)).as(third.errors()).isZero();
      assertThat(third.errors()).contains("Took " + cluster.uri(RUN) + " over from process ");
      Matcher resumed = RESUMED.matcher(third.errors());
      assertThat(resumed.find()).as(third.errors()).isTrue();
      assertThat(seen - Long.parseLong(resumed.group(1))).isLessThanOrEqualTo(EVERY_STEPS);
    }

    Path run = FOLDER.resolve("run");
    cluster.fetch(RUN, run);
    JsonNode summary = new ObjectMapper().readTree(run.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    String alone = Table.yaml(FOLDER.resolve("table.csv").toString(), "local", STEPS);
    assertThat(summary.path("parametersSha256").asText())
        .isEqualTo(Runs.undisturbed(FOLDER, alone));
    assertThat(TrainingProcess.steps(run.resolve("metrics.jsonl")))
        .isEqualTo(LongStream.rangeClosed(1, STEPS).boxed().toList());
    assertThat(cluster.names(RUN + "/checkpoints"))
        .containsExactly("step-000000380", "step-000000400");
    assertThat(Files.readAllLines(run.resolve("quarantine/train-00000.jsonl")))
        .hasSize(Table.BAD_ROWS)
        .allMatch(line -> line.contains(cluster.uri("/input/table.csv")));
    assertThat(cluster.names(RUN))
        .containsExactly(
            "attempts.json",
            "checkpoints",
            "config.yaml",
            "metrics.jsonl",
            "model",
            "quarantine",
            "report.html",
            "summary.json");

    evaluate(RUN, "/input/run.yaml", summary);
    predict(RUN + "/model", "/scored");
  }

  @Test
  void aRegistryIsKeptThere() throws Exception {
    String registry = "/models/hdfs";
    String run = "/runs/nights";
    cluster.write("/nights/day=one/table.csv", Table.csv());
    cluster.write("/nights/holdout.csv", Table.csv(7));
    cluster.write("/nights/local.yaml", Table.retraining(registry, "local", STEPS));
    List<String> retrain =
        List.of(
            "retrain",
            cluster.uri("/nights/local.yaml"),
            "--run-date",
            "one",
            "--no-progress",
            "--output",
            cluster.uri(run));
    try (JavaProcess night = lockstep("night", retrain)) {
      assertThat(night.awaitEnd(180)).as(night.errors()).isZero();
    }
    new RegistryTrial(
            cluster.uri(registry),
            cluster.uri(run + "/model"),
            cluster.settings(),
            (name, arguments) ->
                cluster.launch(
                    FOLDER,
                    name,
                    System.getProperty("java.class.path"),
                    PublishingProgram.class.getName(),
                    arguments),
            HdfsIT::command)
        .make();

    JsonNode summary = new ObjectMapper().readTree(cluster.read(run + "/summary.json"));
    cluster.write(
        "/nights/evaluate.yaml",
        Table.retraining(registry, "local", STEPS).replace("${RUN_DATE}", "one"));
    evaluate(registry, "/nights/evaluate.yaml", summary);
    predict(registry, "/scored-by-champion");
  }

  /** Of what is at {@code model}, on the test split, as the run's own summary has it. */
  private static void evaluate(String model, String data, JsonNode summary) throws Exception {
    try (JavaProcess evaluate =
        lockstep(
            "evaluate", List.of("evaluate", cluster.uri(model), "--data", cluster.uri(data)))) {
      assertThat(evaluate.awaitEnd(120)).as(evaluate.errors()).isZero();
      JsonNode metrics = new ObjectMapper().readTree(evaluate.output());
      assertThat(metrics.path("accuracy").asDouble())
          .isEqualTo(summary.path("test").path("accuracy").asDouble());
    }
  }

  private static void predict(String model, String output) throws Exception {
    cluster.write("/input/new.csv", "a,b,c,d,e,f\n1,0,0,1,0,0\n0,0,1,0,0,1\n");
    try (JavaProcess predict =
        lockstep(
            "predict",
            List.of(
                "predict",
                cluster.uri(model),
                "--input",
                cluster.uri("/input/new.csv"),
                "--output",
                cluster.uri(output)))) {
      assertThat(predict.awaitEnd(120)).as(predict.errors()).isZero();
    }
    StringBuilder scored = new StringBuilder();
    for (String name : cluster.names(output)) {
      scored.append(cluster.read(output + "/" + name));
    }
    assertThat(scored.toString())
        .startsWith("a,b,c,d,e,f,prediction,probability_0,probability_1,probability_2\n")
        .contains("\n1,0,0,1,0,0,0,")
        .contains("\n0,0,1,0,0,1,2,");
  }

  private static JavaProcess train(String name, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                cluster.uri("/input/run.yaml"),
                "--no-progress",
                "--output",
                cluster.uri(RUN)));
    arguments.addAll(List.of(more));
    return lockstep(name, arguments);
  }

  private static JavaProcess lockstep(String name, List<String> command) {
    List<String> arguments = new ArrayList<>(command);
    arguments.addAll(List.of("--master", "local[2]"));
    return command(name, arguments);
  }

  private static JavaProcess command(String name, List<String> arguments) {
    return cluster.launch(
        FOLDER, name, TrainingProcess.jar().toString(), "dev.lockstep.driver.cli.Main", arguments);
  }

  private static void awaitStep(JavaProcess driver, long step) throws InterruptedException {
    Waiting.until(
        "step " + step + " is done",
        () -> {
          if (!driver.isAlive()) {
            throw new AssertionError("training ended before step " + step + "\n" + driver.errors());
          }
          return TrainingProcess.lastStep(cluster.read(RUN + "/metrics.jsonl")) >= step;
        });
  }
}
