package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** stderr with {@code --log-format json}: every line an object, however a command ends. */
final class JsonLogTest {
  private static final String MOONS =
      """
      name: moons
      data: {format: synthetic, name: moons, samples: 200}
      network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
      training: {epochs: 3, batchSize: 32, shards: 2, synchronizer: local, checkpoint: {everySteps: 5}}
      """;

  @TempDir private Path folder;
  private Process process;

  @AfterEach
  void end() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static List<JsonNode> objects(String stderr) {
    List<JsonNode> objects = new ArrayList<>();
    for (String line : stderr.lines().toList()) {
      try {
        JsonNode object = Outcome.JSON.readTree(line);
        assertThat(object.isObject()).as(line).isTrue();
        for (String key : List.of("time", "level", "event", "message")) {
          assertThat(object.path(key).isTextual()).as(key + " of " + line).isTrue();
        }
        assertThat(object.path("time").asText())
            .matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z");
        assertThat(object.path("level").asText()).isIn("info", "warn", "error");
        objects.add(object);
      } catch (JsonProcessingException malformed) {
        throw new UncheckedIOException(line, malformed);
      }
    }
    return objects;
  }

  private static List<String> events(List<JsonNode> lines) {
    return lines.stream().map(line -> line.path("event").asText()).toList();
  }

  private String[] training(Path configuration, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                configuration.toString(),
                "--output",
                folder.resolve("run").toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private Outcome train(Path configuration, String... more) {
    List<String> arguments = new ArrayList<>(List.of(training(configuration, more)));
    arguments.addAll(List.of("--log-format", "json"));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  /** Trains in a process of its own, which the environment tells to speak JSON. */
  private void start(String configuration, String... more) throws IOException {
    process =
        OwnProcess.start(
            folder.resolve("err.log"),
            List.of(
                "env",
                "LOCKSTEP_LOG_FORMAT=json",
                "sh",
                "-c",
                "exec \"$0\" \"$@\" >" + folder.resolve("out.log")),
            training(file("moons.yaml", configuration), more));
  }

  /** Ends the process with a signal, and reads what it said. */
  private List<JsonNode> linesOfTheTerminated() throws Exception {
    OwnProcess.signal(process, "TERM");
    int code = OwnProcess.exitCode(process);
    String err = Files.readString(folder.resolve("err.log"));
    assertThat(code).as(err).isEqualTo(143);
    return objects(err);
  }

  @Test
  void aRunTellsEachStepOfItsLifeOnce() throws IOException {
    Outcome outcome = train(file("moons.yaml", MOONS));
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo(folder.resolve("run") + System.lineSeparator());
    List<JsonNode> lines = objects(outcome.err());
    assertThat(events(lines))
        .filteredOn(event -> !event.equals("message"))
        .containsExactly(
            "runStarted",
            "dataPrepared",
            "trainingStarted",
            "epochFinished",
            "checkpointWritten",
            "epochFinished",
            "checkpointWritten",
            "epochFinished",
            "checkpointWritten",
            "completed");
    assertThat(lines)
        .filteredOn(line -> !line.path("event").asText().equals("message"))
        .allMatch(line -> line.path("run").asText().equals(folder.resolve("run").toString()))
        .allMatch(line -> line.path("application").asText().startsWith("local-"))
        .allMatch(line -> line.path("attempt").asInt() == 1);
    assertThat(lines.get(lines.size() - 1).path("message").asText()).startsWith("test accuracy ");
    assertThat(outcome.err()).doesNotContain("epoch 1/3", "\\r", "\\u001b");
  }

  @Test
  void quietLeavesErrorsOnly() throws IOException {
    assertThat(train(file("moons.yaml", MOONS), "--quiet").err()).isEmpty();
    Outcome again = train(file("moons.yaml", MOONS), "--quiet");
    assertThat(events(objects(again.err()))).containsExactly("exit");
  }

  @Test
  void aWrongCommandLineOrConfigurationIsOneObject() throws IOException {
    Outcome misspelled = train(file("moons.yaml", MOONS), "--otput", "x");
    assertThat(misspelled.code()).isEqualTo(ExitCode.USAGE);
    List<JsonNode> lines = objects(misspelled.err());
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0).path("event").asText()).isEqualTo("exit");
    assertThat(lines.get(0).path("level").asText()).isEqualTo("error");
    assertThat(lines.get(0).path("exitCode").asInt()).isEqualTo(ExitCode.USAGE);
    assertThat(lines.get(0).path("message").asText()).contains("--otput").contains("--help");

    Outcome wrong = train(file("wrong.yaml", MOONS.replace("epochs: 3", "epochs: -3, epoch: 1")));
    assertThat(wrong.code()).isEqualTo(ExitCode.USAGE);
    lines = objects(wrong.err());
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0).path("message").asText()).contains("training.epochs", "training.epoch");
    assertThat(Outcome.of("train", "x.yaml", "--log-format", "xml").err())
        .contains("--log-format", "text", "json");
  }

  @Test
  void dataThatCannotBeUsedAreToldWithTheirExitCode() throws IOException {
    // A value that tries to begin a line of its own.
    file("rows.csv", "x,y\n1,2\n\"a\n{\"\"event\"\":\"\"completed\"\"}\",3\n");
    Path configuration =
        file(
            "rows.yaml",
            """
            data: {format: csv, path: rows.csv, options: {header: true, multiLine: true}, label: y, task: regression}
            network: {layers: [{kind: dense, units: 1}]}
            training: {epochs: 1, shards: 2}
            """);
    Outcome outcome = train(configuration);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(ExitCode.DATA);
    List<JsonNode> lines = objects(outcome.err());
    assertThat(events(lines)).containsExactly("runStarted", "failed", "exit");
    assertThat(lines.get(1).path("kind").asText()).isEqualTo("data");
    assertThat(lines.get(2).path("exitCode").asInt()).isEqualTo(ExitCode.DATA);
    assertThat(lines.get(2).path("message").asText()).contains("{\"event\":\"completed\"}");
    assertThat(lines.get(2).path("run").asText()).isEqualTo(folder.resolve("run").toString());
  }

  @Test
  void aRunThatDivergesEndsWithItsExitCode() throws IOException {
    Outcome outcome =
        train(
            file("moons.yaml", MOONS),
            "--set",
            "optimizer={kind: sgd, learningRate: 1e30}",
            "--verbose");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(ExitCode.DIVERGED);
    List<JsonNode> lines = objects(outcome.err());
    assertThat(events(lines)).containsOnlyOnce("diverged", "exit").doesNotContain("failed");
    JsonNode exit = lines.get(events(lines).indexOf("exit"));
    assertThat(exit.path("exitCode").asInt()).isEqualTo(ExitCode.DIVERGED);
    assertThat(exit.path("message").asText()).startsWith("training diverged at step ");
    // The stack trace of --verbose is one object too.
    assertThat(lines.get(lines.size() - 1).path("message").asText())
        .startsWith("dev.lockstep.trainer.error.LockstepException: ")
        .contains("\n\tat ");
  }

  @Test
  void aProcessSaysEverythingInJsonWhatSparkLogsToo() throws Exception {
    start(
        MOONS,
        "--set",
        "training.steps=2000000",
        "--set",
        "training.epochs=null",
        "--conf",
        // Spark logs this, with a stack trace, and goes on.
        "spark.metrics.conf.*.source.none.class=no.such.Source");
    OwnProcess.awaitCheckpoint(process, folder.resolve("run"), 5);
    List<JsonNode> lines = linesOfTheTerminated();
    assertThat(Files.readString(folder.resolve("out.log")))
        .isEqualTo(folder.resolve("run") + System.lineSeparator());
    assertThat(events(lines)).containsOnlyOnce("runStarted", "interrupted", "exit").contains("log");
    JsonNode exit = lines.get(events(lines).indexOf("exit"));
    assertThat(exit.path("exitCode").asInt()).isEqualTo(143);
    JsonNode log = lines.get(events(lines).indexOf("log"));
    assertThat(log.path("level").asText()).isEqualTo("error");
    assertThat(log.path("logger").asText()).isEqualTo("org.apache.spark.metrics.MetricsSystem");
    assertThat(log.path("message").asText()).contains("no.such.Source");
    assertThat(log.path("exception").asText().strip())
        .startsWith("java.lang.ClassNotFoundException: no.such.Source")
        .contains("\n\tat ");
  }

  @Test
  void aSignalBeforeTheFirstStepIsNoExitWithTheCodeOfAFailure() throws Exception {
    start(MOONS.replace("samples: 200", "samples: 3000000"));
    OwnProcess.await(process, () -> Files.exists(folder.resolve("run")));
    // Until Spark works on the data.
    Thread.sleep(300);
    List<JsonNode> lines = linesOfTheTerminated();
    assertThat(lines)
        .map(line -> line.path("message").asText())
        .contains("Interrupted before the first step; this start leaves nothing behind.");
    assertThat(events(lines)).doesNotContain("exit");
  }

  @Test
  void aVariableThatIsNoFormatIsRefused() throws Exception {
    Path err = folder.resolve("err.log");
    process = OwnProcess.start(err, List.of("env", "LOCKSTEP_LOG_FORMAT=yaml"), "version");
    assertThat(OwnProcess.exitCode(process)).isEqualTo(ExitCode.USAGE);
    assertThat(Files.readString(err))
        .startsWith("lockstep: LOCKSTEP_LOG_FORMAT: 'yaml' is no format");
  }
}
