package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * A run of {@code train} as a process, submitted to a cluster of processes the way {@code
 * spark-submit} does it. Its folder holds everything: configuration, logs, events, results.
 */
final class TrainingProcess implements AutoCloseable {
  private static final long LIMIT_SECONDS = 1200;

  /** Enough of the end of {@code metrics.jsonl} for a whole line. */
  private static final int TAIL_BYTES = 4096;

  private static final Pattern STEP = Pattern.compile("\"kind\":\"step\",\"step\":([0-9]+),");

  private final JavaProcess process;
  private final Path folder;
  private final String yaml;

  private TrainingProcess(JavaProcess process, Path folder, String yaml) {
    this.process = process;
    this.folder = folder;
    this.yaml = yaml;
  }

  /**
   * Starts training.
   *
   * @param folder for all files, emptied before; the run folder is {@code run} in it
   * @param yaml the configuration, one of {@link Runs}
   * @param settings of Spark
   */
  static TrainingProcess start(
      Path folder, String master, String yaml, Map<String, String> settings) throws IOException {
    Folders.clear(folder);
    Path configuration = folder.resolve("run.yaml");
    Files.writeString(configuration, yaml);
    List<String> arguments = new ArrayList<>(List.of("--master", master));
    setting(arguments, "spark.ui.enabled", "false");
    setting(arguments, "spark.executor.memory", "512m");
    setting(arguments, "spark.extraListeners", ClusterEvents.class.getName());
    setting(arguments, ClusterEvents.FILE, folder.resolve("events.txt").toString());
    setting(arguments, "spark.executor.extraClassPath", testClasses());
    setting(arguments, "spark.executor.extraJavaOptions", JavaProcess.SMALL);
    // As many tries as ever, without 5 s of doing nothing before each.
    setting(arguments, "spark.shuffle.io.retryWait", "200ms");
    settings.forEach((key, value) -> setting(arguments, key, value));
    arguments.addAll(
        List.of(
            "--class",
            "dev.lockstep.driver.cli.Main",
            jar().toString(),
            "train",
            configuration.toString(),
            "--no-progress",
            "--output",
            folder.resolve("run").toString()));
    List<String> options =
        List.of(
            "-Xmx512m",
            JavaProcess.logSettings(),
            "-cp",
            testClasses() + File.pathSeparator + JavaProcess.sparkClassPath());
    return new TrainingProcess(
        JavaProcess.start(
            folder, "driver", options, "org.apache.spark.deploy.SparkSubmit", arguments),
        folder,
        yaml);
  }

  private static void setting(List<String> arguments, String key, String value) {
    arguments.add("--conf");
    arguments.add(key + "=" + value);
  }

  static String testClasses() {
    try {
      return Path.of(
              TrainingProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (java.net.URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static Path jar() {
    if (!Files.isRegularFile(Archives.JAR)) {
      throw new IllegalStateException("there is no " + Archives.JAR);
    }
    return Archives.JAR;
  }

  /** The last step that {@code metrics.jsonl} has, or 0; a second behind at most. */
  long lastStep() {
    return lastStep(folder.resolve("run").resolve("metrics.jsonl"));
  }

  /** The last step that a {@code metrics.jsonl} has, or 0. */
  static long lastStep(Path metrics) {
    if (!Files.exists(metrics)) {
      return 0;
    }
    try (RandomAccessFile file = new RandomAccessFile(metrics.toFile(), "r")) {
      long start = Math.max(0, file.length() - TAIL_BYTES);
      byte[] tail = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(tail);
      return lastStep(new String(tail, StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The last step in the lines of a {@code metrics.jsonl}, or 0. */
  static long lastStep(String metrics) {
    Matcher lines = STEP.matcher(metrics);
    long last = 0;
    while (lines.find()) {
      last = Long.parseLong(lines.group(1));
    }
    return last;
  }

  /** Waits until step {@code step} is done; fails where training ends before. */
  void awaitStep(long step) throws InterruptedException {
    await("step " + step + " is done", () -> lastStep() >= step);
  }

  /** Waits for something that happens while training goes on. */
  void await(String what, BooleanSupplier condition) throws InterruptedException {
    Waiting.until(
        what,
        () -> {
          if (condition.getAsBoolean()) {
            return true;
          }
          if (!process.isAlive()) {
            throw new AssertionError(
                "training ended before " + what + ", at step " + lastStep() + "\n" + errors());
          }
          return false;
        });
  }

  /** The executors that its scheduler counts on, oldest first. */
  List<ExecutorProcess> executors() {
    Set<String> registered = executors("executorAdded");
    return startedExecutors().stream()
        .filter(executor -> registered.contains(executor.id()))
        .toList();
  }

  /** As above, with those that are still to register. */
  List<ExecutorProcess> startedExecutors() {
    Set<String> removed = executors("executorRemoved");
    return events("driver").stream()
        .flatMap(line -> ExecutorProcess.of(Integer.parseInt(line[1])).stream())
        .filter(executor -> !removed.contains(executor.id()))
        .toList();
  }

  private Set<String> executors(String event) {
    Set<String> names = new HashSet<>();
    events(event).forEach(line -> names.add(line[1]));
    return names;
  }

  /** What {@link ClusterEvents} wrote so far: the lines of one kind, split into words. */
  List<String[]> events(String kind) {
    Path file = folder.resolve("events.txt");
    List<String[]> events = new ArrayList<>();
    try {
      if (Files.exists(file)) {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
          if (line.startsWith(kind + " ")) {
            events.add(line.split(" ", -1));
          }
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return events;
  }

  /** What it has told on stderr. */
  String errors() {
    return process.errors();
  }

  /**
   * Waits for the end, which must be a good one: every step once in {@code metrics.jsonl}, and the
   * parameters those of the same run on threads of one JVM.
   */
  void awaitTheUndisturbedResult() throws IOException, InterruptedException {
    int code = process.awaitEnd(LIMIT_SECONDS);
    assertThat(code).as(errors()).isZero();
    Path run = folder.resolve("run");
    JsonNode summary = new ObjectMapper().readTree(run.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    long steps = summary.path("steps").asLong();
    assertThat(steps(run.resolve("metrics.jsonl")))
        .isEqualTo(LongStream.rangeClosed(1, steps).boxed().toList());
    assertThat(summary.path("parametersSha256").asText()).isEqualTo(Runs.undisturbed(folder, yaml));
  }

  /** Asks it to end, with SIGTERM. */
  void terminate() {
    process.terminate();
  }

  /** Waits for the end of a run that was asked to end: a checkpoint of its last whole step. */
  void awaitTheInterruptedResult() throws IOException, InterruptedException {
    int code = process.awaitEnd(LIMIT_SECONDS);
    assertThat(code).as(errors()).isEqualTo(143);
    Path run = folder.resolve("run");
    JsonNode summary = new ObjectMapper().readTree(run.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("interrupted");
    long steps = summary.path("steps").asLong();
    assertThat(steps(run.resolve("metrics.jsonl")))
        .isEqualTo(LongStream.rangeClosed(1, steps).boxed().toList());
    assertThat(run.resolve("checkpoints")).isDirectoryContaining("glob:**/step-*" + steps);
  }

  /** How many jobs of the tree there were. */
  long jobsOfReplicas() {
    return events("job").stream().filter(job -> job[2].contains("Jobs.java")).count();
  }

  /** The jobs of the tree in which something had to be done again. */
  Set<Integer> disturbedJobs() {
    Set<Integer> disturbed = new TreeSet<>();
    for (String[] task : events("task")) {
      if (!task[5].equals("Success")) {
        disturbed.add(Integer.parseInt(task[1]));
      }
    }
    return disturbed;
  }

  /** How many attempts at a task ended in this way. */
  long taskEnds(String reason) {
    return events("task").stream().filter(task -> task[5].equals(reason)).count();
  }

  /** How many tasks were done by a second attempt while the first was still at work. */
  long copiesThatCameFirst() {
    return events("task").stream()
        .filter(task -> task[5].equals("Success") && task[6].equals("copy"))
        .count();
  }

  /** The numbers of all steps in a {@code metrics.jsonl}, in its order. */
  static List<Long> steps(Path metrics) throws IOException {
    List<Long> steps = new ArrayList<>();
    ObjectMapper json = new ObjectMapper();
    for (String line : Files.readAllLines(metrics)) {
      JsonNode record = json.readTree(line);
      if (record.path("kind").asText().equals("step")) {
        steps.add(record.path("step").asLong());
      }
    }
    return steps;
  }

  @Override
  public void close() {
    process.close();
  }
}
