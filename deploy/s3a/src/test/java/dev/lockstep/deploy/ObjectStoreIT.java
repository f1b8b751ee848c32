package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.trainer.error.LockstepException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs whose folder is in an object store, and a registry there, through Hadoop's S3A: it cannot
 * append, renames by copying, and shows a file only once it is whole.
 */
@Tag("clusters")
final class ObjectStoreIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/s3a/target/object-store");
  private static final int STEPS = 800;
  private static final int EVERY_STEPS = 100;
  private static final int NIGHT_STEPS = 50;
  private static final String RUN = ObjectStore.BUCKET + "/nightly/run";
  private static final String CHECKPOINTS = RUN + "/checkpoints";

  private static ObjectStore store;
  private static FileSystem files;

  @BeforeAll
  static void startStore() throws IOException, InterruptedException {
    Folders.clear(FOLDER);
    store = ObjectStore.start(FOLDER);
    files = store.files();
  }

  @AfterAll
  static void stopStore() throws IOException {
    if (files != null) {
      files.close();
    }
    if (store != null) {
      store.close();
    }
  }

  private static String yaml() {
    return Runs.yaml("local", 2, STEPS)
        + "  checkpoint: {everySteps: %d, keep: 2}%n".formatted(EVERY_STEPS);
  }

  /** A command that starts Spark. */
  private static JavaProcess lockstep(String name, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--master", "local[2]"));
    return command(name, all);
  }

  private static JavaProcess command(String name, List<String> arguments) throws IOException {
    List<String> all = new ArrayList<>(arguments);
    store
        .settings()
        .forEach(
            (key, value) -> all.addAll(List.of("--conf", "spark.hadoop." + key + "=" + value)));
    String classPath =
        String.join(
            File.pathSeparator,
            TrainingProcess.jar().toString(),
            JavaProcess.sparkClassPath(),
            ObjectStore.clientClassPath());
    return JavaProcess.start(
        FOLDER,
        name,
        List.of("-Xmx1g", JavaProcess.logSettings(), "-cp", classPath),
        "dev.lockstep.driver.cli.Main",
        all);
  }

  private static JavaProcess train(String name) throws IOException {
    Path configuration = FOLDER.resolve("run.yaml");
    Files.writeString(configuration, yaml());
    return lockstep(
        name, "train", configuration.toString(), "--no-progress", "--resume", "--output", RUN);
  }

  private static void await(JavaProcess training, String what, String path)
      throws InterruptedException {
    Waiting.until(
        what,
        () -> {
          if (!training.isAlive()) {
            throw new AssertionError("training ended before " + what + "\n" + training.errors());
          }
          return exists(path);
        });
  }

  private static boolean exists(String path) {
    try {
      return files.exists(new org.apache.hadoop.fs.Path(path));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static List<String> names(String folder) throws IOException {
    return Arrays.stream(files.listStatus(new org.apache.hadoop.fs.Path(folder)))
        .map(status -> status.getPath().getName())
        .toList();
  }

  private static String read(String path) throws IOException {
    try (InputStream input = files.open(new org.apache.hadoop.fs.Path(path))) {
      return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aRunThatWasKilledGoesOnAndItsModelIsReadBack() throws Exception {
    try (JavaProcess first = train("first")) {
      await(first, "the run is begun", RUN + "/config.yaml");
      RunFolder taken = RunFolder.at(RUN, files.getConf());
      assertThatThrownBy(
              () ->
                  RunLock.acquire(
                      taken, LockOwner.here("another", null), LockTimes.DEFAULT, notes -> {}))
          .isInstanceOf(LockstepException.class)
          .hasMessageContaining("process " + first.pid());
      await(first, "there is a second checkpoint", CHECKPOINTS + "/step-000000200/manifest.json");
      first.kill();
    }
    try (JavaProcess last = train("last")) {
      assertThat(last.awaitEnd(240)).as(last.errors()).isZero();
      assertThat(last.errors()).contains("Resumed from checkpoint step-");
      assertThat(last.output().strip()).isEqualTo(RUN);
    }
    ObjectMapper json = new ObjectMapper();
    JsonNode summary = json.readTree(read(RUN + "/summary.json"));
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    assertThat(summary.path("parametersSha256").asText())
        .isEqualTo(Runs.undisturbed(FOLDER, yaml()));
    List<Integer> steps = new ArrayList<>();
    for (String line : read(RUN + "/metrics.jsonl").lines().toList()) {
      JsonNode record = json.readTree(line);
      if (record.path("kind").asText().equals("step")) {
        steps.add(record.path("step").asInt());
      }
    }
    assertThat(steps).isEqualTo(IntStream.rangeClosed(1, STEPS).boxed().toList());
    assertThat(names(CHECKPOINTS)).containsExactlyInAnyOrder("step-000000700", "step-000000800");
    assertThat(names(RUN)).noneMatch(name -> name.startsWith("."));

    try (JavaProcess evaluation =
        lockstep("evaluate", "evaluate", RUN, "--data", FOLDER.resolve("run.yaml").toString())) {
      assertThat(evaluation.awaitEnd(120)).as(evaluation.errors()).isZero();
      JsonNode metrics = json.readTree(evaluation.output());
      assertThat(metrics.path("accuracy").asDouble())
          .isEqualTo(summary.path("test").path("accuracy").asDouble());
    }
    requireNoSecret();
  }

  @Test
  void aRegistryIsKeptThere() throws Exception {
    String registry = ObjectStore.BUCKET + "/registry";
    String run = ObjectStore.BUCKET + "/nightly/night";
    Path configuration = FOLDER.resolve("retrain.yaml");
    Files.writeString(
        configuration,
        Runs.yaml("local", 2, NIGHT_STEPS) + "registry: {path: \"%s\"}%n".formatted(registry));
    try (JavaProcess night =
        lockstep(
            "night",
            "retrain",
            configuration.toString(),
            "--run-date",
            "one",
            "--no-progress",
            "--output",
            run)) {
      assertThat(night.awaitEnd(240)).as(night.errors()).isZero();
    }
    new RegistryTrial(
            registry,
            run + "/model",
            files.getConf(),
            ObjectStoreIT::publisher,
            ObjectStoreIT::command)
        .make();

    ObjectMapper json = new ObjectMapper();
    JsonNode summary = json.readTree(read(run + "/summary.json"));
    try (JavaProcess evaluation =
        lockstep("evaluate-champion", "evaluate", registry, "--data", configuration.toString())) {
      assertThat(evaluation.awaitEnd(120)).as(evaluation.errors()).isZero();
      assertThat(json.readTree(evaluation.output()).path("accuracy").asDouble())
          .isEqualTo(summary.path("test").path("accuracy").asDouble());
    }
    String onnx = ObjectStore.BUCKET + "/served/model.onnx";
    try (JavaProcess export = command("export", List.of("export", registry, "--onnx", onnx))) {
      assertThat(export.awaitEnd(120)).as(export.errors()).isZero();
      assertThat(export.output().strip()).isEqualTo(onnx);
      assertThat(exists(onnx)).isTrue();
    }
    requireNoSecret();
  }

  /** With the classes of the tests, which are not in the application jar. */
  private static JavaProcess publisher(String name, List<String> arguments) {
    List<String> options = new ArrayList<>(List.of("-Xmx256m", JavaProcess.logSettings()));
    store.settings().forEach((key, value) -> options.add("-Dspark.hadoop." + key + "=" + value));
    options.addAll(List.of("-cp", System.getProperty("java.class.path")));
    return JavaProcess.start(FOLDER, name, options, PublishingProgram.class.getName(), arguments);
  }

  private static void requireNoSecret() throws IOException {
    try (Stream<Path> logs = Files.list(FOLDER)) {
      for (Path log : logs.filter(path -> path.toString().endsWith(".err")).toList()) {
        assertThat(log).content().doesNotContain(ObjectStore.SECRET);
      }
    }
  }
}
