package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.folder.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --resume} as a user and a scheduler meet it. */
final class ResumeTest {
  /** A run of 15 steps whose folder is taken for one that was killed after its 9th step. */
  @TempDir private static Path shared;

  private static Path killed;
  private static JsonNode whole;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    Path run = shared.resolve("run");
    whole = Outcome.train(moons(shared), run);
    killed = run;
    // The same bits are there as a process leaves that is killed while it writes line 10.
    Files.delete(run.resolve("summary.json"));
    Files.delete(run.resolve("report.html"));
    delete(run.resolve("model"));
    delete(run.resolve("checkpoints/step-000000012"));
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    int tenth = 0;
    while (!lines.get(tenth).contains("\"step\":10,")) {
      tenth++;
    }
    Files.writeString(
        run.resolve("metrics.jsonl"),
        String.join("\n", lines.subList(0, tenth)) + "\n" + lines.get(tenth).substring(0, 20));
  }

  private static Path moons(Path folder) throws IOException {
    return Files.writeString(
        folder.resolve("moons.yaml"),
        """
        data: {format: synthetic, name: moons, samples: 200}
        network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
        training: {epochs: 3, batchSize: 32, checkpoint: {everySteps: 4}}
        """);
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** A copy of the run that was killed, for one test. */
  private Path killedRun() throws IOException {
    Path copy = folder.resolve("run");
    Folders.copy(killed, copy);
    return copy;
  }

  private Outcome train(Path run, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                moons(folder).toString(),
                "--output",
                run.toString(),
                "--master",
                "local[1]",
                "--no-progress"));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private static JsonNode summary(Path run) {
    return Outcome.json(run.resolve("summary.json"));
  }

  /** On one core where the run began on two, without shards in the configuration. */
  @Test
  void aKilledRunGoesOnToTheSameBits() throws IOException {
    Path run = killedRun();
    Outcome outcome = train(run, "--resume");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).isEqualTo(run + System.lineSeparator());
    assertThat(outcome.err())
        .contains("Resumed from checkpoint step-000000008, with 7 of 15 steps left.");
    JsonNode summary = summary(run);
    assertThat(summary.path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertThat(summary.path("shards").asInt()).isEqualTo(2);
    assertThat(summary.path("attempts").asInt()).isEqualTo(2);
    assertThat(summary.path("resumedFromSteps")).map(JsonNode::asInt).containsExactly(8);
    assertThat(summary.path("checkpoints").path("written").asInt()).isEqualTo(1);
    assertThat(Outcome.metrics(run, "step").stream().map(step -> step.path("step").asInt()))
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    assertThat(Outcome.metrics(run, "epoch")).hasSize(3);

    byte[] report = Files.readAllBytes(run.resolve("report.html"));
    Outcome again = train(run, "--resume");
    assertThat(again.code()).isZero();
    assertThat(again.out()).isEqualTo(run + System.lineSeparator());
    assertThat(again.err().strip().lines())
        .singleElement()
        .asString()
        .contains("has ended already (completed after 15 steps)");
    assertThat(run.resolve("report.html")).hasBinaryContent(report);
  }

  /** Each name is what the last write left, over what those before it did. */
  @Test
  void aRunThatWasKilledAtAnyOfItsFirstWritesStartsOver() throws IOException {
    List<String> writes =
        List.of(
            ".application.txt.partial",
            "application.txt",
            ".config.yaml.partial",
            "config.yaml",
            "metrics.jsonl",
            "checkpoints/.step-000000004.partial/state.json");
    for (int last = 0; last < writes.size(); last++) {
      Path run = Files.createDirectories(folder.resolve("run" + last));
      for (String name : writes.subList(0, last + 1)) {
        Path file = run.resolve(name);
        Files.createDirectories(file.getParent());
        Path original = killed.resolve(name);
        Files.writeString(
            file,
            name.equals("application.txt")
                ? "application_1_0001"
                : Files.exists(original) ? Files.readString(original) : "{");
      }
      Outcome outcome = train(run, "--resume", "--set", "training.shards=2");
      assertThat(outcome.code()).as(writes.get(last) + ": " + outcome.err()).isZero();
      assertThat(summary(run).path("parametersSha256"))
          .as(writes.get(last))
          .isEqualTo(whole.path("parametersSha256"));
      assertThat(Outcome.metrics(run, "step")).as(writes.get(last)).hasSize(15);
    }
  }

  @Test
  void whatTrainingWaitsForCheckpointsIsTold() throws IOException {
    Path run = folder.resolve("run");
    Outcome outcome = train(run, "--set", "training.checkpoint.everySteps=1");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode checkpoints = summary(run).path("checkpoints");
    assertThat(checkpoints.path("written").asInt()).isEqualTo(15);
    assertThat(checkpoints.path("secondsWriting").asDouble()).isPositive();
    assertThat(checkpoints.path("secondsWaited").asDouble()).isPositive();
  }

  @Test
  void withNothingToResumeItStartsFromScratch() throws IOException {
    Path run = folder.resolve("new");
    Outcome outcome = train(run, "--resume", "--set", "training.shards=2");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).doesNotContain("esumed");
    assertThat(summary(run).path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertThat(summary(run).path("attempts").asInt()).isEqualTo(1);
  }

  @Test
  void aRunThatWasBrokenOffBeforeItsFirstCheckpointStartsOver() throws IOException {
    Path run = killedRun();
    delete(run.resolve("checkpoints"));
    Outcome outcome = train(run, "--resume", "--set", "training.shards=2");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("broken off before its first checkpoint");
    assertThat(summary(run).path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertThat(Outcome.metrics(run, "step")).hasSize(15);
  }

  @Test
  void withoutResumeTheFolderIsRefusedAndTheWayOutNamed() throws IOException {
    Path run = killedRun();
    Outcome outcome = train(run);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(run.toString(), "--resume");
    Outcome other = train(killed.getParent());
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("is not empty").doesNotContain("--resume");
    Outcome noRun = train(killed.getParent(), "--resume");
    assertThat(noRun.code()).isEqualTo(2);
    assertThat(noRun.err()).contains("is not empty");
  }

  @Test
  void everyDifferingKeyIsNamedAndNothingIsTouched() throws IOException {
    Path run = killedRun();
    List<String> before = content(run);
    Outcome outcome =
        train(
            run,
            "--resume",
            "--set",
            "training.batchSize=16",
            "--set",
            "optimizer.learningRate=0.5",
            "--set",
            "training.checkpoint.keep=1");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains(
            "training.batchSize was 32 and is 16",
            "optimizer.learningRate was 0.001 and is 0.5",
            "training.batchSize cannot change")
        .doesNotContain("keep");
    Outcome forced = train(run, "--resume", "--force", "--set", "training.seed=1");
    assertThat(forced.code()).isEqualTo(2);
    assertThat(forced.err()).contains("training.seed was 42 and is 1");
    Outcome withoutForce = train(run, "--resume", "--set", "optimizer.learningRate=0.5");
    assertThat(withoutForce.code()).isEqualTo(2);
    assertThat(withoutForce.err()).contains("add --force");
    assertThat(content(run)).isEqualTo(before);
  }

  @Test
  void anEndedRunIsNotTakenForOneOfAnotherConfiguration() throws IOException {
    Path run = killedRun();
    assertThat(train(run, "--resume").code()).isZero();
    List<String> before = content(run);
    Outcome other = train(run, "--resume", "--set", "training.epochs=4");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err())
        .contains(
            "has ended (completed after 15 steps), and not with this configuration: training.epochs"
                + " was 3 and is 4.",
            "or add --force to go on from step-000000012");
    String[] smoothed = {
      "--resume", "--set", "loss={kind: softmaxCrossEntropy, labelSmoothing: 0.1}"
    };
    String[] same = {"--resume", "--set", "name=other", "--set", "training.shards=2"};
    for (boolean force : new boolean[] {false, true}) {
      Outcome never = train(run, forced(smoothed, force));
      assertThat(never.code()).isEqualTo(2);
      assertThat(never.err())
          .contains("loss.labelSmoothing was 0.0 and is 0.1.", "not by --force either")
          .doesNotContain("add --force");
      Outcome done = train(run, forced(same, force));
      assertThat(done.code()).as(done.err()).isZero();
      assertThat(done.err()).contains("there is nothing to resume");
    }
    assertThat(content(run)).isEqualTo(before);

    Outcome forced = train(run, "--resume", "--force", "--set", "training.epochs=4");
    assertThat(forced.code()).as(forced.err()).isZero();
    Path straight = folder.resolve("straight");
    Outcome longer = train(straight, "--set", "training.epochs=4", "--set", "training.shards=2");
    assertThat(longer.code()).as(longer.err()).isZero();
    assertThat(summary(run).path("parametersSha256"))
        .isEqualTo(summary(straight).path("parametersSha256"));
    assertThat(summary(run).path("resumedFromSteps")).map(JsonNode::asInt).contains(12);
    assertThat(Outcome.metrics(run, "epoch")).hasSize(4);
  }

  private static String[] forced(String[] options, boolean force) {
    return force
        ? Stream.concat(Stream.of(options), Stream.of("--force")).toArray(String[]::new)
        : options;
  }

  @Test
  void anEndedRunWithoutACheckpointIsNotTrainedAnewByForce() throws IOException {
    Path run = folder.resolve("run");
    assertThat(train(run, "--set", "training.checkpoint.everySteps=0").code()).isZero();
    List<String> before = content(run);
    Outcome forced = train(run, "--resume", "--force", "--set", "training.epochs=4");
    assertThat(forced.code()).isEqualTo(2);
    assertThat(forced.err()).contains("there is no checkpoint that --force could go on from");
    assertThat(content(run)).isEqualTo(before);
  }

  private static List<String> content(Path run) throws IOException {
    List<String> content = new ArrayList<>();
    try (Stream<Path> all = Files.walk(run)) {
      for (Path each : all.filter(Files::isRegularFile).sorted().toList()) {
        content.add(each + " " + Files.size(each) + " " + Files.getLastModifiedTime(each));
      }
    }
    return content;
  }

  @Test
  void whatForceChangesIsNoted() throws IOException {
    Path run = killedRun();
    Outcome outcome =
        train(
            run,
            "--resume",
            "--force",
            "--set",
            "training.epochs=4",
            "--set",
            "optimizer.learningRate=0.5");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode summary = summary(run);
    assertThat(summary.path("steps").asInt()).isEqualTo(20);
    assertThat(summary.path("notes"))
        .map(JsonNode::asText)
        .contains(
            "Changed by --force when the run was resumed: training.epochs was 3 and is 4.",
            "Changed by --force when the run was resumed: optimizer.learningRate was 0.001 and is"
                + " 0.5.");
    assertThat(run.resolve("config.yaml")).content().contains("learningRate: 0.5", "shards: 2");
  }

  @Test
  void aDamagedCheckpointIsSkippedByName() throws IOException {
    Path run = killedRun();
    Path parameters = run.resolve("checkpoints/step-000000008/parameters.safetensors");
    byte[] bytes = Files.readAllBytes(parameters);
    bytes[bytes.length - 3] ^= 1;
    Files.write(parameters, bytes);
    Outcome outcome = train(run, "--resume");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .contains(
            "Checkpoint step-000000008 was skipped: ", "Resumed from checkpoint step-000000004");
    JsonNode summary = summary(run);
    assertThat(summary.path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertThat(summary.path("notes"))
        .map(JsonNode::asText)
        .anySatisfy(note -> assertThat(note).startsWith("Checkpoint step-000000008 was skipped"));
  }

  @Test
  void aCheckpointWithoutItsMetricsIsSkippedToo() throws IOException {
    Path run = killedRun();
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    Files.writeString(
        run.resolve("metrics.jsonl"), String.join("\n", lines.subList(0, 6)) + "\n{\"kin");
    Outcome outcome = train(run, "--resume");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .contains(
            "Checkpoint step-000000008 was skipped: metrics.jsonl has",
            "Resumed from checkpoint step-000000004");
    assertThat(summary(run).path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertThat(Outcome.metrics(run, "step")).hasSize(15);
  }

  @Test
  void whereNoCheckpointIsIntactOnlyForceStartsOver() throws IOException {
    Path run = killedRun();
    for (String name : List.of("step-000000004", "step-000000008")) {
      Files.delete(run.resolve("checkpoints").resolve(name).resolve("manifest.json"));
    }
    Outcome refused = train(run, "--resume", "--set", "training.shards=2");
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err()).contains("step-000000008", "step-000000004", "--force");
    Outcome forced = train(run, "--resume", "--force", "--set", "training.shards=2");
    assertThat(forced.code()).as(forced.err()).isZero();
    assertThat(forced.err()).contains("starts over");
    assertThat(summary(run).path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
  }

  @Test
  void theOptionsGoTogether() throws IOException {
    Outcome alone = train(folder.resolve("run"), "--force");
    assertThat(alone.code()).isEqualTo(2);
    assertThat(alone.err()).contains("--force", "--resume");
    Outcome nowhere = Outcome.of("train", moons(folder).toString(), "--resume");
    assertThat(nowhere.code()).isEqualTo(2);
    assertThat(nowhere.err()).contains("--resume needs --output");
  }

  @Test
  void otherRowsAreRefusedWhateverIsSaid() throws IOException {
    Path rows = folder.resolve("rows.csv");
    Files.writeString(rows, "x,y\n" + "1,a\n2,b\n3,a\n4,b\n".repeat(20));
    Path configuration =
        Files.writeString(
            folder.resolve("rows.yaml"),
            """
            data: {format: csv, path: rows.csv, options: {header: true}, label: y}
            network: {layers: [{kind: dense, units: 2}]}
            training: {steps: 4, batchSize: 16, shards: 2, checkpoint: {everySteps: 2}}
            """);
    Path run = folder.resolve("run");
    Outcome.train(configuration, run);
    Files.delete(run.resolve("summary.json"));
    Files.writeString(rows, "x,y\n" + "1,a\n2,b\n3,a\n5,b\n".repeat(20));
    for (String[] options : new String[][] {{"--resume"}, {"--resume", "--force"}}) {
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "train",
                  configuration.toString(),
                  "--output",
                  run.toString(),
                  "--master",
                  "local[2]"));
      arguments.addAll(List.of(options));
      Outcome outcome = Outcome.of(arguments.toArray(String[]::new));
      assertThat(outcome.code()).isEqualTo(3);
      assertThat(outcome.err())
          .containsPattern("fingerprint was [0-9a-f]{12} and is [0-9a-f]{12}\\.")
          .contains("--force does not help");
    }
  }
}
