package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run whose process is signaled, whose folder another run wants, fills up or goes away. */
final class SignaledRunTest {
  private static final int STEPS = 600;

  /** A shell's background job ignores SIGINT, and so do the tests that it starts. */
  private static final List<String> WITH_SIGNALS = List.of("env", "--default-signal=INT,TERM");

  @TempDir private static Path shared;
  private static Path configuration;
  private static String wholeSha;

  @TempDir private Path folder;
  private Process process;

  @BeforeAll
  static void train() throws IOException {
    configuration =
        Files.writeString(
            shared.resolve("digits.yaml"),
            """
            name: digits
            data: {format: bundled, name: digits, validation: {fraction: 0.1}, test: {fraction: 0.1}}
            network: {layers: [{kind: dense, units: 320}, relu, {kind: dense, units: 320}, relu, {kind: dense, units: 10}]}
            optimizer: {kind: adam}
            training:
              steps: %d
              batchSize: 256
              shards: 2
              synchronizer: local
              checkpoint: {everySteps: 20}
            """
                .formatted(STEPS));
    JsonNode whole = Outcome.train(configuration, shared.resolve("whole"));
    wholeSha = whole.path("parametersSha256").asText();
  }

  @AfterEach
  void end() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private String[] arguments(String... more) {
    return Stream.concat(
            Stream.of(
                "train",
                configuration.toString(),
                "--output",
                run().toString(),
                "--master",
                "local[2]"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  private Path run() {
    return folder.resolve("runs/digits");
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("child.log"));
  }

  private boolean contains(String words) {
    try {
      return log().contains(words);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private long metricsBytes() {
    try {
      return Files.size(run().resolve("metrics.jsonl"));
    } catch (IOException notThereYet) {
      return 0;
    }
  }

  private List<String> names(Path place) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void resumesToTheSameBits() {
    JsonNode resumed = Outcome.train(configuration, run(), "--resume");
    assertThat(resumed.path("status").asText()).isEqualTo("completed");
    assertThat(resumed.path("parametersSha256").asText()).isEqualTo(wholeSha);
    assertThat(Outcome.metrics(run(), "step")).hasSize(STEPS);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void aSignalAmongTheStepsLeavesACheckpointAndResumeGoesOnFromThere(String signal, int code)
      throws Exception {
    process =
        OwnProcess.start(
            folder.resolve("child.log"),
            WITH_SIGNALS,
            arguments("--set", "training.checkpoint.everySteps=0"));
    OwnProcess.await(process, () -> metricsBytes() > 0);

    // Held up, so that it does not end meanwhile; it lives all the same.
    OwnProcess.signal(process, "STOP");
    Outcome second = Outcome.of(arguments("--resume"));
    assertThat(second.code()).as(second.err()).isEqualTo(ExitCode.USAGE);
    assertThat(second.err())
        .contains("is being written to by another run: process " + process.pid() + " on ")
        .contains("Wait for its end, stop it, or choose another folder.");

    OwnProcess.signal(process, signal);
    OwnProcess.signal(process, "CONT");
    assertThat(OwnProcess.exitCode(process)).as(log()).isEqualTo(code);
    JsonNode summary = Outcome.json(run().resolve("summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("interrupted");
    int steps = summary.path("steps").asInt();
    assertThat(steps).isBetween(1, STEPS - 1);
    assertThat(names(run().resolve("checkpoints")))
        .containsExactly(String.format(Locale.ROOT, "step-%09d", steps));
    assertThat(log())
        .contains("finishing the step, then writing a checkpoint")
        .contains("Interrupted after step " + steps + "; --resume goes on from there.")
        .doesNotContain("\tat ", "Exception");
    assertThat(names(run())).noneMatch(name -> name.startsWith(".lock"));
    resumesToTheSameBits();
  }

  /** As schedulers send it: to the process group, and then to the process. */
  @Test
  void aSecondTerminationDoesNotCostTheCheckpoint() throws Exception {
    process =
        OwnProcess.start(
            folder.resolve("child.log"), arguments("--set", "training.checkpoint.everySteps=0"));
    OwnProcess.await(process, () -> metricsBytes() > 0);
    OwnProcess.signal(process, "TERM");
    OwnProcess.signal(process, "TERM");
    OwnProcess.await(process, () -> contains("finishing the step"));
    OwnProcess.signal(process, "TERM");
    assertThat(OwnProcess.exitCode(process)).as(log()).isEqualTo(143);
    JsonNode summary = Outcome.json(run().resolve("summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("interrupted");
    assertThat(names(run().resolve("checkpoints"))).hasSize(1);
    assertThat(names(run())).noneMatch(name -> name.startsWith(".lock"));
    resumesToTheSameBits();
  }

  @Test
  void aSignalBeforeTheFirstStepLeavesNothing() throws Exception {
    process =
        OwnProcess.start(
            folder.resolve("child.log"),
            arguments(
                "--set", "data={format: synthetic, name: spirals, samples: 3000000}",
                "--set", "network={layers: [{kind: dense, units: 2}]}"));
    OwnProcess.await(process, () -> Files.exists(run()));
    Thread.sleep(300);
    OwnProcess.signal(process, "TERM");
    assertThat(OwnProcess.exitCode(process)).as(log()).isEqualTo(143);
    assertThat(log())
        .contains("Interrupted before the first step; this start leaves nothing behind.");
    assertThat(folder.resolve("runs")).doesNotExist();
  }

  @Test
  void aKilledRunIsTakenOverAtOnce() throws Exception {
    process = OwnProcess.start(folder.resolve("child.log"), arguments());
    OwnProcess.awaitCheckpoint(process, run(), 40);
    process.destroyForcibly();
    assertThat(OwnProcess.exitCode(process)).isEqualTo(137);
    assertThat(names(run())).anyMatch(name -> name.startsWith(".lock"));
    resumesToTheSameBits();
    assertThat(names(run())).noneMatch(name -> name.startsWith(".lock"));
  }

  @Test
  void aSearchEndsWithTheTrialsThatHaveEnded() throws Exception {
    Path search = folder.resolve("search");
    String[] arguments = {
      "tune",
      configuration.toString(),
      "--output",
      search.toString(),
      "--master",
      "local[2]",
      "--set",
      "training.steps=100",
      "--set",
      "tuning={metric: validation.accuracy, trials: 40, parameters: "
          + "{optimizer.learningRate: {scale: log, from: 1e-4, to: 1e-1}}}"
    };
    process = OwnProcess.start(folder.resolve("child.log"), arguments);
    OwnProcess.await(process, () -> Files.exists(search.resolve("trials.jsonl")));
    OwnProcess.signal(process, "STOP");
    Outcome second = Outcome.of(arguments);
    assertThat(second.code()).as(second.err()).isEqualTo(ExitCode.USAGE);
    assertThat(second.err()).contains("by another run: process " + process.pid());
    OwnProcess.signal(process, "TERM");
    OwnProcess.signal(process, "CONT");
    assertThat(OwnProcess.exitCode(process)).as(log()).isEqualTo(143);
    assertThat(log())
        .contains("finishing the step, trials that have ended stay.")
        .contains("goes on behind the trials that have ended.")
        .doesNotContain("\tat ", "Exception");
    assertThat(search.resolve("tuning.json")).doesNotExist();
    assertThat(names(search)).noneMatch(name -> name.startsWith(".lock"));
  }

  @Test
  void aDiskThatIsFullEndsTheRunAndLeavesTheLastGoodCheckpoint() throws Exception {
    process = OwnProcess.start(folder.resolve("child.log"), arguments());
    OwnProcess.awaitCheckpoint(process, run(), 40);
    process.destroyForcibly();
    assertThat(OwnProcess.exitCode(process)).isEqualTo(137);
    List<String> checkpoints = checkpoints();

    // The kernel refuses to let any file grow beyond this, as a full disk would.
    List<String> limited = List.of("sh", "-c", "ulimit -f 1600; exec \"$0\" \"$@\"");
    process = OwnProcess.start(folder.resolve("full.log"), limited, arguments("--resume"));
    assertThat(OwnProcess.exitCode(process)).isEqualTo(ExitCode.FAILED);
    assertThat(Files.readString(folder.resolve("full.log")))
        .contains("lockstep: ", "could not be written", "File too large")
        .contains(checkpoints.get(checkpoints.size() - 1))
        .doesNotContain("\tat ", "Exception");
    assertThat(run().resolve("summary.json")).doesNotExist();
    assertThat(checkpoints()).isEqualTo(checkpoints);
    assertThat(names(run())).noneMatch(name -> name.startsWith(".lock"));
    resumesToTheSameBits();
  }

  /** The complete ones, the oldest first. */
  private List<String> checkpoints() throws IOException {
    return names(run().resolve("checkpoints")).stream()
        .filter(name -> name.startsWith("step-"))
        .toList();
  }

  @Test
  void aFolderThatGoesAwayEndsTheRunAndDoesNotComeBack() throws Exception {
    process =
        OwnProcess.start(
            folder.resolve("child.log"),
            arguments(
                "--set", "training.steps=1000000", "--set", "training.checkpoint.everySteps=0"));
    OwnProcess.await(process, () -> metricsBytes() > 0);
    Files.move(run(), folder.resolve("away"));
    assertThat(OwnProcess.exitCode(process)).as(log()).isEqualTo(ExitCode.FAILED);
    assertThat(log())
        .contains("lockstep: The folder " + run() + " has vanished while this run wrote to it.")
        .doesNotContain("\tat ");
    assertThat(run()).doesNotExist();
  }
}
