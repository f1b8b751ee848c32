package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.hadoop.yarn.api.records.ApplicationReport;

/** A run that was submitted to YARN as {@code spark-submit} does it. */
final class YarnRun implements AutoCloseable {
  private static final long LIMIT_SECONDS = 1200;
  private static final String MASTER_OF_APPLICATION =
      "org.apache.spark.deploy.yarn.ApplicationMaster";

  private final HadoopCluster cluster;
  private final JavaProcess submission;
  private final String name;
  private final String output;

  private YarnRun(HadoopCluster cluster, JavaProcess submission, String name, String output) {
    this.cluster = cluster;
    this.submission = submission;
    this.name = name;
    this.output = output;
  }

  /**
   * Submits a run of {@code train}.
   *
   * @param name of the run among all tests; its folder is {@code /runs/NAME} on HDFS
   * @param deployMode of Spark
   * @param settings of Spark, beside and before the usual ones
   * @param options more options of {@code spark-submit}
   * @param configuration as {@code train} takes it
   */
  static YarnRun submit(
      HadoopCluster cluster,
      String name,
      String deployMode,
      Map<String, String> settings,
      List<String> options,
      String configuration)
      throws IOException {
    return submit(cluster, name, deployMode, settings, options, List.of("train", configuration));
  }

  /**
   * Submits a run, as above.
   *
   * @param command with its arguments, but without {@code --output}
   */
  static YarnRun submit(
      HadoopCluster cluster,
      String name,
      String deployMode,
      Map<String, String> settings,
      List<String> options,
      List<String> command)
      throws IOException {
    Path logs = HadoopCluster.logs(name);
    Folders.clear(logs);
    String output = cluster.uri("/runs/" + name);
    List<String> arguments =
        new ArrayList<>(List.of("--master", "yarn", "--deploy-mode", deployMode));
    Map<String, String> all = settings(name, deployMode);
    all.putAll(settings);
    all.forEach((key, value) -> arguments.addAll(List.of("--conf", key + "=" + value)));
    arguments.addAll(options);
    arguments.addAll(
        List.of("--class", "dev.lockstep.driver.cli.Main", TrainingProcess.jar().toString()));
    arguments.addAll(command);
    arguments.addAll(List.of("--no-progress", "--output", output));
    JavaProcess submission =
        cluster.launch(logs, "submit", "", "org.apache.spark.deploy.SparkSubmit", arguments);
    return new YarnRun(cluster, submission, name, output);
  }

  private static Map<String, String> settings(String name, String deployMode) {
    String java = JavaProcess.SMALL + " " + JavaProcess.logSettings();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("spark.yarn.tags", name);
    settings.put("spark.yarn.jars", "local:" + JavaProcess.SPARK.resolve("jars") + "/*");
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.executor.instances", "2");
    settings.put("spark.executor.memory", "512m");
    settings.put("spark.executor.extraJavaOptions", java);
    settings.put("spark.executorEnv.SPARK_LOCAL_IP", "127.0.0.1");
    settings.put("spark.yarn.appMasterEnv.SPARK_LOCAL_IP", "127.0.0.1");
    if (deployMode.equals("cluster")) {
      settings.put("spark.driver.memory", "512m");
      settings.put("spark.driver.extraJavaOptions", java);
    } else {
      settings.put("spark.yarn.am.extraJavaOptions", java);
    }
    return settings;
  }

  /** Waits for the end and returns the exit code that the caller of {@code spark-submit} sees. */
  int awaitEnd() throws InterruptedException {
    return submission.awaitEnd(LIMIT_SECONDS);
  }

  /** What {@code spark-submit} has printed as its result. */
  String told() {
    return submission.output();
  }

  /** What {@code spark-submit} has printed as messages. */
  String errors() {
    return submission.errors();
  }

  /** What the resource manager says. */
  ApplicationReport report() {
    return cluster.application(name);
  }

  /** The folder of the run. */
  String output() {
    return output;
  }

  /** Waits until step {@code step} is done. */
  void awaitStep(long step) throws InterruptedException {
    Waiting.until(
        "step " + step + " is done",
        () -> {
          if (!submission.isAlive()) {
            throw new AssertionError("the run ended before step " + step + "\n" + errors());
          }
          return TrainingProcess.lastStep(cluster.read(output + "/metrics.jsonl")) >= step;
        });
  }

  /** The process of the application's master, which in cluster mode is the driver. */
  ProcessHandle masterOfApplication() {
    String application = report().getApplicationId().toString();
    List<ProcessHandle> found =
        ProcessHandle.allProcesses()
            .filter(process -> isMaster(ExecutorProcess.commandLine(process), application))
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  private static boolean isMaster(List<String> line, String application) {
    return line.contains(MASTER_OF_APPLICATION)
        && line.stream().anyMatch(word -> word.contains("/" + application + "/"));
  }

  /** The executors' processes, oldest first. */
  List<ExecutorProcess> executors() {
    return ExecutorProcess.ofApplication(report().getApplicationId().toString());
  }

  /**
   * Asserts that the folder is that of a whole run, with every step once and the parameters that
   * threads of one JVM come to, and brings it to this machine.
   *
   * @param yaml the configuration with local data
   * @return the summary
   */
  JsonNode requireTheUndisturbedResult(String yaml) throws IOException {
    Path folder = HadoopCluster.logs(name);
    Path run = folder.resolve("run");
    cluster.fetch(output, run);
    assertThat(Files.isRegularFile(run.resolve("model/model.safetensors"))).isTrue();
    assertThat(Files.isRegularFile(run.resolve("report.html"))).isTrue();
    JsonNode summary = new ObjectMapper().readTree(run.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    long steps = summary.path("steps").asLong();
    assertThat(TrainingProcess.steps(run.resolve("metrics.jsonl")))
        .isEqualTo(LongStream.rangeClosed(1, steps).boxed().toList());
    assertThat(summary.path("parametersSha256").asText()).isEqualTo(Runs.undisturbed(folder, yaml));
    return summary;
  }

  @Override
  public void close() {
    submission.close();
  }
}
