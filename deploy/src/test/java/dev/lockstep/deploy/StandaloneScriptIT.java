package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.deploy.ScriptProcess.Result;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code bin/standalone-cluster} and trains on what it starts, as people do. */
@Tag("clusters")
final class StandaloneScriptIT {
  private static final Path BIN = JavaProcess.ROOT.resolve("deploy/bin");

  @TempDir private Path folder;

  @AfterEach
  void stop() throws IOException, InterruptedException {
    cluster("stop");
  }

  /** As the guide has it: one file of settings, with the secret, for the cluster and for runs. */
  @Test
  void aMasterAndTwoWorkersWithASecretTrainAndStop() throws Exception {
    Path settings = Files.createDirectories(settings()).resolve("spark-defaults.conf");
    Files.writeString(
        settings,
        """
        spark.authenticate            true
        spark.authenticate.secret     a-secret-of-this-test
        spark.network.crypto.enabled  true
        """);
    Result started =
        cluster(
            "start",
            "--workers=2",
            "--cores=1",
            "--memory",
            "1g",
            "--port=0",
            "--webui-port=0",
            "--properties",
            settings.toString());
    assertThat(started.exitCode()).as(started.err()).isZero();
    String url = started.out().strip();
    assertThat(url).matches("spark://127\\.0\\.0\\.1:[0-9]+");
    Map<String, ProcessHandle> processes = processes();
    assertThat(processes).containsOnlyKeys("master.pid", "worker-1.pid", "worker-2.pid");
    assertThat(processes.values()).allMatch(StandaloneScriptIT::runs);

    Result status = cluster("status");
    assertThat(status.exitCode()).isZero();
    assertThat(status.out()).contains("worker-1 runs", "worker-2 runs", "master runs", url);

    Result again = cluster("start");
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("runs already as process");

    String yaml = Runs.yaml("tree", 4, 50);
    assertThat(train(url, yaml)).isEqualTo(Runs.undisturbed(folder, yaml));

    assertThat(cluster("stop").exitCode()).isZero();
    assertThat(processes.values()).noneMatch(StandaloneScriptIT::runs);
    assertThat(processes()).isEmpty();
    assertThat(cluster("status").exitCode()).isEqualTo(1);
  }

  /** As after a restart of the machine: the number is in use, but not by what was started. */
  @Test
  void stoppingLeavesProcessesOfOthersAlone() throws Exception {
    Files.createDirectories(directory());
    Path file = directory().resolve("master.pid");
    Files.writeString(file, Long.toString(ProcessHandle.current().pid()));

    Result result = cluster("stop");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(file).doesNotExist();
  }

  @Test
  void aWorkerWithoutAMasterSaysSoAndIsGone() throws Exception {
    Result result = cluster("worker", "not-a-url");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("not-a-url", "worker-1 has ended", "worker-1.log");
    assertThat(processes()).isEmpty();
  }

  @Test
  void misuseIsNamed() throws Exception {
    assertUsage("there is no command begin. Allowed: start, master", "begin");
    assertUsage("a command is missing");
    assertUsage("worker takes 1 argument", "worker");
    assertUsage("there is no option --worker", "start", "--worker", "2");
    assertUsage("--workers is none", "start", "--workers", "none");
    assertUsage("--cores is 0", "start", "--cores", "0");
    assertUsage("--properties is missing.conf", "start", "--properties", "missing.conf");
    assertUsage("--memory needs a value", "start", "--memory");
  }

  private void assertUsage(String message, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("--dir=" + directory()));
    all.addAll(List.of(arguments));
    Result result = ScriptProcess.run(folder, Map.of(), BIN.resolve("standalone-cluster"), all);
    assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
    assertThat(result.err()).startsWith("standalone-cluster: ").contains(message);
  }

  private Path settings() {
    return folder.resolve("settings");
  }

  private Path directory() {
    return folder.resolve("the cluster");
  }

  private Result cluster(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--dir", directory().toString()));
    return ScriptProcess.run(folder, ScriptProcess.SMALL, BIN.resolve("standalone-cluster"), all);
  }

  /**
   * One that has ended, and that nobody has asked for its exit code, is there without a command.
   */
  private static boolean runs(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }

  /** The processes that the files tell. */
  private Map<String, ProcessHandle> processes() throws IOException {
    Map<String, ProcessHandle> processes = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(), "*.pid")) {
      for (Path each : files) {
        long pid = Long.parseLong(Files.readString(each).strip());
        processes.put(each.getFileName().toString(), ProcessHandle.of(pid).orElseThrow());
      }
    }
    return processes;
  }

  /** Returns the checksum of the parameters trained on a cluster. */
  private String train(String url, String yaml) throws IOException, InterruptedException {
    Path configuration = Files.writeString(folder.resolve("machines.yaml"), yaml);
    Path run = folder.resolve("run");
    Result result =
        ScriptProcess.run(
            folder,
            Map.of("LOCKSTEP_NO_BUILD", "1", "SPARK_CONF_DIR", settings().toString()),
            BIN.resolve("lockstep"),
            List.of(
                "train",
                configuration.toString(),
                "--master",
                url,
                "--output",
                run.toString(),
                "--driver-memory",
                "1g"));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return new ObjectMapper()
        .readTree(run.resolve("summary.json").toFile())
        .path("parametersSha256")
        .asText();
  }
}
