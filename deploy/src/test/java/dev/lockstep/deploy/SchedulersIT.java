package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.deploy.ScriptProcess.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The examples for schedulers do what they say, with a launcher that notes its arguments and ends
 * as it is told to.
 */
final class SchedulersIT {
  private static final Path SCHEDULERS = JavaProcess.ROOT.resolve("deploy/schedulers");
  private static final Path NIGHTLY = SCHEDULERS.resolve("cron/retrain-nightly");
  private static final String DATE = "2026-11-25";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deploy/bin/lockstep",
        "deploy/bin/standalone-cluster",
        "deploy/schedulers/cron/retrain-nightly"
      })
  void scriptsAreShell(String script) throws Exception {
    Path path = JavaProcess.ROOT.resolve(script);
    assertThat(path).isExecutable();
    Result parsed = run(Map.of(), Path.of("bash"), "-n", path.toString());
    assertThat(parsed.exitCode()).as(parsed.err()).isZero();
  }

  /** Where there is a ShellCheck, as in continuous integration. */
  @Test
  void shellCheckHasNoObjection() throws Exception {
    Result found = run(Map.of(), Path.of("bash"), "-c", "command -v shellcheck");
    assumeTrue(found.exitCode() == 0, "ShellCheck is not installed");
    Result checked =
        run(
            Map.of(),
            Path.of("shellcheck"),
            JavaProcess.ROOT.resolve("deploy/bin/lockstep").toString(),
            JavaProcess.ROOT.resolve("deploy/bin/standalone-cluster").toString(),
            NIGHTLY.toString());
    assertThat(checked.exitCode()).as(checked.out()).isZero();
  }

  @Test
  void theCrontabCallsWhatIsThere() throws Exception {
    List<String> jobs = new ArrayList<>();
    for (String line : Files.readAllLines(SCHEDULERS.resolve("cron/crontab"))) {
      if (!line.isBlank() && !line.startsWith("#") && !line.matches("[A-Z_]+=.*")) {
        jobs.add(line);
      }
    }
    assertThat(jobs).hasSize(1);
    String[] fields = jobs.get(0).split(" +", 6);
    assertThat(fields[0]).matches("[0-9]+");
    assertThat(fields[1]).matches("[0-9]+");
    assertThat(List.of(fields).subList(2, 5)).containsOnly("*");
    // Cron takes a percent sign for the end of a line.
    assertThat(fields[5]).doesNotContain("%");
    String[] command = fields[5].split(" ");
    assertThat(command).hasSize(2);
    assertThat(command[0]).startsWith("/opt/lockstep/");
    Path script =
        JavaProcess.ROOT.resolve("deploy").resolve(command[0].substring("/opt/lockstep/".length()));
    assertThat(script).isEqualTo(NIGHTLY).isExecutable();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void cronHearsNothingOfAGoodNight(int code) throws Exception {
    Result result = nightly(code, DATE, "--master", "local[2]");

    assertThat(result).isEqualTo(new Result(0, "", ""));
    assertThat(calls())
        .containsExactly(
            "retrain churn.yaml --run-date "
                + DATE
                + " --output "
                + folder
                + "/state/churn/runs/"
                + DATE
                + " --resume --no-progress --master local[2]");
    assertThat(log()).contains("said", "exit code " + code);
  }

  @ParameterizedTest
  @CsvSource({
    "2, 1, configuration, It has published nothing.",
    "3, 1, data, It has published nothing.",
    "4, 1, diverged, It has published nothing.",
    "1, 3, failed three times, Whether there is a new champion",
    "137, 1, ended in attempt 1, Whether there is a new champion",
    "143, 3, interrupted three times, Whether there is a new champion"
  })
  void cronHearsOfABadOneAndOnlyWhatMayPassIsTriedAgain(
      int code, int attempts, String word, String champion) throws Exception {
    Result result = nightly(code, DATE);

    assertThat(result.exitCode()).isEqualTo(code);
    assertThat(result.out()).startsWith("churn, " + DATE + ": ").contains(word, champion, "said");
    assertThat(calls()).hasSize(attempts);
    assertThat(log()).contains("attempt " + attempts + " ended");
  }

  @Test
  void withoutADateItIsYesterdays() throws Exception {
    LocalDate before = LocalDate.now(ZoneOffset.UTC).minusDays(1);
    assertThat(nightly(0).exitCode()).isZero();
    LocalDate after = LocalDate.now(ZoneOffset.UTC).minusDays(1);

    String[] words = calls().get(0).split(" ");
    assertThat(words).startsWith("retrain", "churn.yaml", "--run-date");
    assertThat(LocalDate.parse(words[3])).isBetween(before, after);
  }

  @Test
  void aNightDoesNotMeetTheOneBefore() throws Exception {
    Path started = folder.resolve("started");
    launcher("touch " + started + "; read -r line <" + fifo());
    try (ScriptProcess first = startNight(environment())) {
      Waiting.until("the first is at work", () -> Files.exists(started));

      Result second = nightly(0, "2026-11-26");

      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.out()).contains("still at work");
      assertThat(folder.resolve("calls")).doesNotExist();
      Files.writeString(folder.resolve("fifo"), "end\n");
      assertThat(first.end().exitCode()).isZero();
    }
    assertThat(nightly(0, "2026-11-26").exitCode()).isZero();
  }

  /** Until the run has ended, the night has not. */
  @Test
  void whoeverStopsTheNightStopsTheRunInGoodOrder() throws Exception {
    Path started = folder.resolve("started");
    Path asked = folder.resolve("asked");
    launcher(
        "trap 'touch asked; read -r line <"
            + fifo()
            + "; exit 143' TERM; touch started; while :; do sleep 0.1; done");
    try (ScriptProcess night = startNight(environment())) {
      Waiting.until("the run is at work", () -> Files.exists(started));
      night.signal("-TERM");
      Waiting.until("the run has heard of it", () -> Files.exists(asked));

      assertThat(nightly(0, "2026-11-26").out()).contains("still at work");
      Files.writeString(folder.resolve("fifo"), "end\n");
      Result result = night.end();

      assertThat(result.exitCode()).isEqualTo(143);
      assertThat(result.out()).startsWith("churn, " + DATE + ": it was stopped (exit code 143)");
      assertThat(log()).contains("attempt 1 ended with exit code 143");
    }
  }

  @Test
  void aStopWhileTheNextAttemptIsWaitedForEndsTheNight() throws Exception {
    launcher("echo said; exit 1");
    Map<String, String> environment = environment();
    environment.put("RETRY_SECONDS", "3600");
    Path log = folder.resolve("state/churn/logs/" + DATE + ".log");
    try (ScriptProcess night = startNight(environment)) {
      Waiting.until("an attempt has failed", () -> lines(log).size() == 2);
      night.signal("-TERM");
      Result result = night.end();

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err()).isEmpty();
      assertThat(result.out()).contains("it was stopped").doesNotContain("three times");
    }
    assertThat(lines(log)).hasSize(2);
  }

  /** Though timeout sends its signal to everybody. */
  @Test
  void theRunHearsOnceThatItsTimeIsOver() throws Exception {
    Path started = folder.resolve("started");
    launcher(
        "trap 'echo heard >>calls' TERM; touch started; until [[ -s calls ]]; do sleep 0.1; done;"
            + " sleep 0.5; exit 143");
    try (ScriptProcess limit =
        ScriptProcess.start(
            folder,
            environment(),
            Path.of("timeout"),
            List.of("3600", NIGHTLY.toString(), "churn.yaml", DATE))) {
      Waiting.until("the run is at work", () -> Files.exists(started));
      limit.signal("-TERM");
      limit.end();
    }
    assertThat(calls()).containsExactly("heard");
    assertThat(log()).contains("attempt 1 ended with exit code 143");
  }

  @Test
  void whileTheRunLivesNoOtherStartsEvenWithoutItsNight() throws Exception {
    Path started = folder.resolve("started");
    launcher("touch started; while :; do sleep 0.1 9>&-; done");
    try (ScriptProcess night = startNight(environment())) {
      Waiting.until("the run is at work", () -> Files.exists(started));
      night.signal("-KILL");
      night.end();

      assertThat(nightly(0, "2026-11-26").out()).contains("still at work");
    }
    assertThat(nightly(0, "2026-11-26").exitCode()).isZero();
  }

  @Test
  void onlyWhatItMadeItselfAndNobodyTouchedForLongIsRemoved() throws Exception {
    Path runs = folder.resolve("state/churn/runs");
    Path logs = folder.resolve("state/churn/logs");
    Path old = folderWithAFile(runs.resolve("2026-01-01"));
    Path late = folderWithAFile(runs.resolve("2026-01-02"));
    Path foreign = folderWithAFile(runs.resolve("2026-01-03-kept"));
    Path own = folderWithAFile(runs.resolve(DATE));
    Path elsewhere = folderWithAFile(folder.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(runs.resolve("2026-01-04"), elsewhere);
    Path oldLog = Files.createFile(Files.createDirectories(logs).resolve("2026-01-01.log"));
    Path foreignLog = Files.createFile(logs.resolve("other.log"));
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(70)));
    for (Path each : List.of(old, foreign, own, elsewhere, oldLog, foreignLog)) {
      Files.setLastModifiedTime(each, longAgo);
    }

    assertThat(nightly(0, DATE)).isEqualTo(new Result(0, "", ""));

    assertThat(List.of(old, oldLog)).noneMatch(Files::exists);
    assertThat(List.of(late, foreign, own, link, elsewhere.resolve("file"), foreignLog))
        .allMatch(Files::exists);
  }

  /** With stand-ins for the few names that it takes from Airflow. */
  @ParameterizedTest
  @CsvSource({
    "0, returned hdfs:///runs/churn/2026-11-25",
    "5, AirflowSkipException",
    "2, AirflowFailException",
    "3, AirflowFailException",
    "4, AirflowFailException",
    "1, AirflowException",
    "143, AirflowException"
  })
  void theDagTellsAirflowHowItEnded(int code, String outcome) throws Exception {
    writeAirflow();
    launcher("echo \"$@\" >>calls; echo \"$SPARK_HOME $HADOOP_CONF_DIR\" >>where; exit " + code);
    Path program =
        Files.writeString(
            folder.resolve("task.py"),
            """
            import lockstep_retrain as dag
            assert dag.DAG == dict(dag_id="lockstep_retrain", schedule="15 2 * * *", catchup=False, max_active_runs=1), dag.DAG
            assert dag.TASKS == ["{{ macros.ds_add(data_interval_end | ds, -1) }}"], dag.TASKS
            dag.LAUNCHER = "./launcher"
            try:
                print("returned", dag.retrain_for("2026-11-25"))
            except Exception as failure:
                print(type(failure).__name__)
            """);

    Result result =
        run(
            Map.of(
                "PYTHONPATH",
                folder + ":" + SCHEDULERS.resolve("airflow"),
                "PYTHONDONTWRITEBYTECODE",
                "1"),
            Path.of("python3"),
            program.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo(outcome + "\n");
    assertThat(calls())
        .singleElement()
        .asString()
        .startsWith(
            "retrain /etc/lockstep/churn.yaml --run-date 2026-11-25"
                + " --output hdfs:///runs/churn/2026-11-25 --resume ")
        .contains(" --set retraining.keepRuns=30 ", " --master yarn ");
    // The Spark of the archive cannot reach YARN, and no Spark without its settings.
    assertThat(folder.resolve("where")).hasContent("/opt/spark /etc/hadoop/conf\n");
  }

  /** As Airflow does it: the task's process group is signaled, and the handler throws. */
  @Test
  void theDagEndsTheRunInGoodOrderWhenItsTaskIsStopped() throws Exception {
    writeAirflow();
    launcher(
        """
        trap 'echo signaled >>calls; ended=1' TERM
        touch started
        while [[ -z ${ended:-} ]]; do sleep 0.1; done
        # Long enough for another signal to be seen.
        sleep 1
        echo ended >>calls
        exit 143
        """);
    Path program =
        Files.writeString(
            folder.resolve("task.py"),
            """
            import signal, sys
            import lockstep_retrain as dag
            def stop(number, frame):
                raise RuntimeError("stopped")
            signal.signal(signal.SIGTERM, stop)
            dag.LAUNCHER = "./launcher"
            try:
                dag.retrain_for("2026-11-25")
            except RuntimeError as failure:
                print(failure)
            """);
    Map<String, String> environment =
        Map.of(
            "PYTHONPATH",
            folder + ":" + SCHEDULERS.resolve("airflow"),
            "PYTHONDONTWRITEBYTECODE",
            "1");
    try (ScriptProcess task =
        ScriptProcess.start(
            folder, environment, Path.of("setsid"), List.of("python3", program.toString()))) {
      Waiting.until("the run is at work", () -> Files.exists(folder.resolve("started")));
      signalGroup(task.process().pid());
      Result result = task.end();
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).isEqualTo("stopped\n");
    }
    assertThat(calls()).containsExactly("signaled", "ended");
  }

  private static void signalGroup(long leader) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-TERM", "--", "-" + leader).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Retrains with a launcher that ends with {@code code}. */
  private Result nightly(int code, String... arguments) throws Exception {
    launcher("echo said; echo \"$@\" >>calls; exit " + code);
    List<String> all = new ArrayList<>(List.of("churn.yaml"));
    all.addAll(List.of(arguments));
    return ScriptProcess.run(folder, environment(), NIGHTLY, all);
  }

  private ScriptProcess startNight(Map<String, String> environment) throws IOException {
    return ScriptProcess.start(folder, environment, NIGHTLY, List.of("churn.yaml", DATE));
  }

  private static Path folderWithAFile(Path folder) throws IOException {
    Files.createFile(Files.createDirectories(folder).resolve("file"));
    return folder;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("LOCKSTEP", folder.resolve("launcher").toString());
    environment.put("LOCKSTEP_STATE", folder.resolve("state").toString());
    environment.put("RETRY_SECONDS", "0");
    return environment;
  }

  private void launcher(String body) throws IOException {
    Path script = Files.writeString(folder.resolve("launcher"), "#!/usr/bin/env bash\n" + body);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path fifo() throws IOException, InterruptedException {
    Path fifo = folder.resolve("fifo");
    assertThat(run(Map.of(), Path.of("mkfifo"), fifo.toString()).exitCode()).isZero();
    return fifo;
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("state/churn/logs/" + DATE + ".log"));
  }

  private Result run(Map<String, String> environment, Path script, String... arguments)
      throws IOException, InterruptedException {
    return ScriptProcess.run(folder, environment, script, List.of(arguments));
  }

  /** What the example imports: decorators that note what they are given, and exceptions. */
  private void writeAirflow() throws IOException {
    Path airflow = Files.createDirectory(folder.resolve("airflow"));
    Files.createFile(airflow.resolve("__init__.py"));
    Files.writeString(
        airflow.resolve("exceptions.py"),
        """
        class AirflowException(Exception): pass
        class AirflowFailException(AirflowException): pass
        class AirflowSkipException(AirflowException): pass
        """);
    Files.writeString(
        airflow.resolve("decorators.py"),
        """
        def dag(**given):
            def decorate(function):
                module = function.__globals__
                names = ("dag_id", "schedule", "catchup", "max_active_runs")
                module["DAG"] = {name: given[name] for name in names}
                assert given["default_args"]["retries"] == 2
                return function
            return decorate

        def task(function):
            def call(argument):
                function.__globals__.setdefault("TASKS", []).append(argument)
            return call
        """);
  }
}
