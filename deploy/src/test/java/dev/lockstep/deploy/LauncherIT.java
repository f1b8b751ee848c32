package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.deploy.ScriptProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code bin/lockstep} as people do: as a process, on the packaged jar. */
final class LauncherIT {

  private static final Path LAUNCHER =
      Path.of(System.getProperty("lockstep.root"), "deploy", "bin", "lockstep");

  private static final Path CONFIGURATION =
      LAUNCHER.resolveSibling("../conf/digits.yaml").normalize();

  private static final String JAR = Archives.JAR.normalize().toString();

  private static final String EMBEDDED =
      LAUNCHER.resolveSibling("../target/spark/jars").normalize().toString();

  @TempDir private Path folder;

  /** Has a space in its name and is not the repository. */
  private Path elsewhere;

  @BeforeEach
  void makeFolder() throws IOException {
    elsewhere = Files.createDirectory(folder.resolve("some where"));
  }

  @Test
  void startsFromAnyFolderThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(elsewhere.resolve("lock step"), LAUNCHER);

    Result result = run(Map.of(), link, "version");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("0.1.0");
  }

  @Test
  void anUnknownCommandIsAUsageError() throws Exception {
    Result result = run(Map.of(), LAUNCHER, "trian");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("trian").doesNotContain("\tat ");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aJavaHomeWithoutJavaIsNamed() throws Exception {
    Result result = run(Map.of("JAVA_HOME", elsewhere.toString()), LAUNCHER, "version");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("JAVA_HOME is " + elsewhere).contains("17 or newer");
  }

  @Test
  void aJavaThatIsTooOldIsNamed() throws Exception {
    script("bin/java", "echo 'openjdk version \"11.0.27\" 2025-04-15' >&2");

    Result result = run(Map.of("JAVA_HOME", elsewhere.toString()), LAUNCHER, "version");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("is Java 11").contains("Java 17 or newer");
  }

  @Test
  void theUsersSparkGetsItsOptionsInFrontOfTheJarAndKeepsItsExitCode() throws Exception {
    script("bin/spark-submit", "printf '%s\\n' \"$@\"; exit 7");

    Result result =
        run(
            Map.of("SPARK_HOME", elsewhere.toString()),
            LAUNCHER,
            "train",
            "--conf=spark.executor.memory=2g",
            "my config.yaml",
            "--master",
            "yarn",
            "--set",
            "training.epochs=3",
            "--driver-memory",
            "1g",
            "--conf",
            "spark.task.cpus=2",
            "--deploy-mode",
            "cluster");

    assertThat(result.exitCode()).isEqualTo(7);
    List<String> arguments = new ArrayList<>(result.out().lines().toList());
    String jar = arguments.remove(12);
    assertThat(Path.of(jar)).isAbsolute().isRegularFile();
    assertThat(arguments)
        .containsExactly(
            "--master",
            "yarn",
            "--deploy-mode",
            "cluster",
            "--driver-memory",
            "1g",
            "--conf",
            "spark.executor.memory=2g",
            "--conf",
            "spark.task.cpus=2",
            "--class",
            "dev.lockstep.driver.cli.Main",
            "train",
            "my config.yaml",
            "--set",
            "training.epochs=3");
  }

  /** What spark-submit prints of two attempts, as YarnIT sees it of a real one. */
  @Test
  void inYarnsClusterModeTheCallerGetsTheProgramsExitCode() throws Exception {
    script(
        "bin/spark-submit",
        """
        echo 'the driver says nothing here'
        echo 'User class threw exception: dev.lockstep.driver.cli.FailedCommand: exit code 1: no disk' >&2
        echo ' diagnostics: User class threw exception: dev.lockstep.driver.cli.FailedCommand: exit code 3: row 3' >&2
        printf 'the end' >&2
        exit 1
        """);
    Map<String, String> spark = Map.of("SPARK_HOME", elsewhere.toString());
    String[] cluster = {"train", "a.yaml", "--master=yarn", "--deploy-mode", "cluster"};
    String[] setting = {
      "train", "a.yaml", "--master", "yarn", "--conf", "spark.submit.deployMode=cluster"
    };

    Result failed = run(spark, LAUNCHER, cluster);
    assertThat(failed.exitCode()).isEqualTo(3);
    assertThat(failed.out()).isEqualTo("the driver says nothing here\n");
    assertThat(failed.err()).contains("exit code 1: no disk\n", "exit code 3: row 3\nthe end");
    assertThat(run(spark, LAUNCHER, setting).exitCode()).isEqualTo(3);
    assertThat(run(spark, LAUNCHER, "train", "a.yaml", "--master", "yarn").exitCode()).isEqualTo(1);
    for (int code : new int[] {0, 7}) {
      script("bin/spark-submit", "exit " + code);
      assertThat(run(spark, LAUNCHER, cluster).exitCode()).isEqualTo(code);
    }
  }

  @Test
  void aDriverInAPodHasTheJarOfItsImage() throws Exception {
    script("bin/spark-submit", "printf '%s\\n' \"$@\"");

    Result result =
        run(
            Map.of("SPARK_HOME", elsewhere.toString()),
            LAUNCHER,
            "train",
            "/etc/lockstep/config/train.yaml",
            "--master=k8s://https://api:6443",
            "--deploy-mode",
            "cluster");

    assertThat(result.out().lines())
        .containsExactly(
            "--master",
            "k8s://https://api:6443",
            "--deploy-mode",
            "cluster",
            "--class",
            "dev.lockstep.driver.cli.Main",
            "local:///opt/lockstep/lib/lockstep-0.1.0.jar",
            "train",
            "/etc/lockstep/config/train.yaml");
  }

  /** Cron's jobs have the POSIX locale. The bytes are the script's, whatever this JVM's is. */
  @Test
  void aPathBeyondAsciiIsUsedUnderThePosixLocale() throws Exception {
    script(
        "bin/job",
        """
        run="$1/$(printf '\\303\\274 \\303\\244')"
        "$2" train "$3" --set=training.epochs=1 --master='local[1]' --no-progress --output "$run" || exit
        test -f "$run/summary.json" && echo there
        """);

    Result result =
        run(
            Map.of("LC_ALL", "C"),
            elsewhere.resolve("bin/job"),
            elsewhere.toString(),
            LAUNCHER.toString(),
            CONFIGURATION.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).endsWith("there\n");
  }

  @ParameterizedTest
  @CsvSource({
    "C,,,true",
    "POSIX,,C.UTF-8,true",
    ",C,C.UTF-8,true",
    ",,,true",
    ",,nowhere_NO.UTF-8,true",
    ",,C.UTF-8,false",
    "C.UTF-8,C,C,false"
  })
  void sparkSubmitGetsALocaleWithUtf8(String all, String type, String language, boolean another)
      throws Exception {
    script("bin/spark-submit", "printf '%s\\n' \"$LC_ALL\"");

    Result result =
        run(
            Map.of(
                "SPARK_HOME",
                elsewhere.toString(),
                "LC_ALL",
                Objects.requireNonNullElse(all, ""),
                "LC_CTYPE",
                Objects.requireNonNullElse(type, ""),
                "LANG",
                Objects.requireNonNullElse(language, "")),
            LAUNCHER,
            "train",
            "x.yaml");

    assertThat(result.exitCode()).as(result.err()).isZero();
    if (another) {
      assertThat(result.out().strip()).matches("(?i)(C|en_US)\\.utf-?8");
    } else {
      assertThat(result.out().strip()).isEqualTo(Objects.requireNonNullElse(all, ""));
    }
    assertThat(result.err()).doesNotContain("setlocale");
  }

  @Test
  void aSparkHomeWithoutSparkIsNamed() throws Exception {
    Result result = run(Map.of("SPARK_HOME", elsewhere.toString()), LAUNCHER, "version");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("SPARK_HOME is " + elsewhere);
  }

  @Test
  void clusterModeWithoutAClusterIsAUsageError() throws Exception {
    Result result = run(Map.of(), LAUNCHER, "train", "x.yaml", "--deploy-mode", "cluster");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("--master");
  }

  @Test
  void hadoopFindsTheSettingsThatTheEnvironmentNames() throws Exception {
    Path models = Files.createDirectory(elsewhere.resolve("models"));
    Files.writeString(
        elsewhere.resolve("core-site.xml"),
        """
        <configuration>
          <property>
            <name>fs.viewfs.mounttable.settings.link./models</name>
            <value>%s</value>
          </property>
        </configuration>
        """
            .formatted(models.toUri()));

    Result result =
        run(
            Map.of("HADOOP_CONF_DIR", elsewhere.toString()),
            LAUNCHER,
            "registry",
            "list",
            "viewfs://settings/models");

    assertThat(result.err()).contains("viewfs://settings/models is no model registry");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  @Test
  void anOptionOfTheDriversJavaReachesIt() throws Exception {
    Path cache = elsewhere.resolve("libraries");

    Result result =
        run(
            Map.of(),
            LAUNCHER,
            "train",
            CONFIGURATION.toString(),
            "--set=training.epochs=1",
            "--output=" + elsewhere.resolve("run"),
            "--master=local[1]",
            "--conf",
            "spark.driver.extraJavaOptions=-Dlisted=no \"-Dorg.bytedeco.javacpp.cachedir="
                + cache
                + "\"");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(cache).isNotEmptyDirectory();
  }

  /** As {@code spark-submit} does: settings of a file, and folders of the environment. */
  @Test
  void theJvmOfAClustersDriverIsThatOfSparksOwnLauncher() throws Exception {
    Path settings = Files.createDirectory(elsewhere.resolve("settings"));
    Files.writeString(
        settings.resolve("spark-defaults.conf"),
        """
        spark.driver.memory           700m
        spark.driver.extraJavaOptions -Dgreeting="good morning"
        spark.driver.extraClassPath   /opt/more.jar
        """);
    List<String> words =
        wordsForJava(
            Map.of(
                "SPARK_CONF_DIR",
                settings.toString(),
                "HADOOP_CONF_DIR",
                "/etc/hadoop",
                "YARN_CONF_DIR",
                "/etc/yarn"),
            "--master=spark://127.0.0.1:7077");

    assertThat(words).contains("-Xmx700m", "-Dgreeting=good morning");
    assertThat(words.get(words.indexOf("-cp") + 1))
        .startsWith("/opt/more.jar:" + settings)
        .contains(EMBEDDED + "/*")
        .endsWith(":/etc/hadoop:/etc/yarn");
    assertThat(words)
        .endsWith(
            "org.apache.spark.deploy.SparkSubmit",
            "--master",
            "spark://127.0.0.1:7077",
            "--class",
            "dev.lockstep.driver.cli.Main",
            JAR,
            "train",
            "my config.yaml");
  }

  @Test
  void withALocalMasterTheProgramStartsWithoutSparkSubmit() throws Exception {
    Files.writeString(elsewhere.resolve("spark-defaults.conf"), "spark.driver.memory 700m\n");
    List<String> words =
        wordsForJava(
            Map.of("SPARK_CONF_DIR", elsewhere.toString(), "YARN_CONF_DIR", "/etc/yarn"),
            "--conf=spark.driver.extraClassPath=/opt/more.jar");

    assertThat(words).contains("-XX:MaxRAMPercentage=50").noneMatch(word -> word.contains("-Xmx"));
    assertThat(words.get(words.indexOf("-cp") + 1))
        .startsWith(JAR + ":/opt/more.jar:")
        .doesNotContain(elsewhere.toString())
        .endsWith(EMBEDDED + "/*:/etc/yarn");
    assertThat(words)
        .endsWith(
            "dev.lockstep.driver.cli.Main",
            "train",
            "my config.yaml",
            "--conf",
            "spark.driver.extraClassPath=/opt/more.jar");
  }

  @Test
  void whatSparksLauncherRefusesIsToldInASentence() throws Exception {
    Result result =
        run(Map.of(), LAUNCHER, "train", "x", "--conf=spark.driver.extraJavaOptions=-Xmx3g");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().startsWith("lockstep: Not allowed");
  }

  @Tag("clusters")
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void executorsInOtherProcessesComputeTheSameBitsAsThisMachineAlone(int shards) throws Exception {
    String alone = train("alone", "local[1]", shards);
    String cluster = train("cluster", "local-cluster[2,1,1024]", shards);

    assertThat(cluster).isEqualTo(alone);
  }

  /** Whoever stops the launcher, as a scheduler does, stops the run in good order. */
  @Test
  void aSignalToTheLauncherReachesTheRun() throws Exception {
    Path output = elsewhere.resolve("run");
    Path metrics = output.resolve("metrics.jsonl");
    Result result;
    try (ScriptProcess started =
        start(
            Map.of(),
            LAUNCHER,
            "train",
            CONFIGURATION.toString(),
            "--output",
            output.toString(),
            "--set",
            "training.epochs=100000",
            "--master",
            "local[1]")) {
      Waiting.until("steps are taken", () -> metrics.toFile().length() > 0);
      started.process().destroy();
      result = started.end();
    }
    assertThat(result.exitCode()).as(result.err()).isEqualTo(143);
    assertThat(result.err()).contains("--resume goes on from there").doesNotContain("\tat ");
    JsonNode summary = new ObjectMapper().readTree(output.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("interrupted");
    assertThat(output.resolve("checkpoints"))
        .isDirectoryContaining(
            step ->
                step.getFileName()
                    .toString()
                    .equals("step-%09d".formatted(summary.path("steps").asLong())));
  }

  /** Returns the checksum of the trained parameters. */
  private String train(String name, String master, int shards) throws Exception {
    Path output = elsewhere.resolve(name);
    Result result =
        run(
            ScriptProcess.SMALL,
            LAUNCHER,
            "train",
            CONFIGURATION.toString(),
            "--output",
            output.toString(),
            "--set",
            "training.epochs=3",
            "--set",
            "training.shards=" + shards,
            "--master",
            master);
    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode summary = new ObjectMapper().readTree(output.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    return summary.path("parametersSha256").asText();
  }

  /** What the launcher starts the program's JVM with, by a Java that only Spark's launcher gets. */
  private List<String> wordsForJava(Map<String, String> environment, String option)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    script(
        "bin/java",
        """
        for word; do
          case $word in -version | org.apache.spark.launcher.Main) exec '%s' "$@" ;; esac
        done
        printf '%%s\\n' "$@"
        """
            .formatted(java));
    Map<String, String> all = new HashMap<>(environment);
    all.put("JAVA_HOME", elsewhere.toString());
    Result result = run(all, LAUNCHER, "train", "my config.yaml", option);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out().lines().toList();
  }

  private void script(String name, String body) throws IOException {
    Path script = elsewhere.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Result run(Map<String, String> environment, Path command, String... arguments)
      throws IOException, InterruptedException {
    try (ScriptProcess started = start(environment, command, arguments)) {
      return started.end();
    }
  }

  /** Starts what is packaged: that is under test; a build inside the build would not be. */
  private ScriptProcess start(Map<String, String> environment, Path command, String... arguments)
      throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.put("LOCKSTEP_NO_BUILD", "1");
    return ScriptProcess.start(elsewhere, all, command, List.of(arguments));
  }
}
