package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.ModelDescription;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.run.FinishedRun;
import dev.lockstep.driver.secret.Redaction;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Secrets are planted wherever a user may give one. Then every byte of what the run leaves, prints
 * and logs is searched for them.
 */
final class PlantedSecretsTest {
  private static final Pattern FAILURE_LOG = Pattern.compile("The stack trace is in (\\S+);");

  /** One for each way in; none is a word, and each needs some other way of quoting. */
  private static final List<String> PLANTED =
      List.of(
          "opt\"ion\\Sesame1",
          "set-Option's<Sesame>2",
          "sig%2FSesame3%3D",
          "auth Sesame 4 ü",
          "s3aKey/Sesame+5",
          "AKIASESAME6",
          "azure==Sesame7",
          "envToken:Sesame8",
          "jvmSesame9",
          "property&Sesame10",
          "hadoop{Sesame}11",
          "userSesame12",
          "passwordSesame13");

  @TempDir private Path folder;

  private Path rows() throws IOException {
    return Files.writeString(
        folder.resolve("rows.csv?sig=" + PLANTED.get(2)),
        "x,z,label\n" + "1,5,cat\n2,6,dog\n3,1,cat\n4,2,dog\n".repeat(20));
  }

  private Path configuration(String more) throws IOException {
    rows();
    return Files.writeString(
        folder.resolve("secret.yaml"),
        """
        data:
          format: csv
          path: rows.csv?sig=%s
          label: label
          options: {header: true, storePassword: '%s'}
        network: {layers: [{kind: dense, units: 2}]}
        training: {epochs: 2, batchSize: 16, shards: 2, checkpoint: {everySteps: 2, keep: 2}}
        """
                .formatted(PLANTED.get(2), PLANTED.get(0))
            + more);
  }

  private String[] settings() {
    return new String[] {
      "--master",
      "local[2]",
      "--set",
      "data.options.sessionToken=\"" + PLANTED.get(1) + "\"",
      "--conf",
      "spark.authenticate=true",
      "--conf",
      "spark.authenticate.secret=" + PLANTED.get(3),
      "--conf",
      "spark.hadoop.fs.s3a.secret.key=" + PLANTED.get(4),
      "--conf",
      "spark.hadoop.fs.s3a.access.key=" + PLANTED.get(5),
      "--conf",
      "spark.hadoop.fs.azure.account.key.a.dfs.core.windows.net=" + PLANTED.get(6),
      "--conf",
      "spark.executorEnv.STORE_TOKEN=" + PLANTED.get(7),
      "--conf",
      "spark.executor.defaultJavaOptions=-Dstore.password=" + PLANTED.get(8),
      "--conf=spark.hadoop.store.password=" + PLANTED.get(10),
      "--conf",
      "spark.lockstep.test=ftp://" + PLANTED.get(11) + ":" + PLANTED.get(12) + "@host/x"
    };
  }

  private Outcome run(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(Arrays.asList(settings()));
    System.setProperty("spark.test.password", PLANTED.get(9));
    try {
      return Outcome.of(all.toArray(String[]::new));
    } finally {
      System.clearProperty("spark.test.password");
    }
  }

  private static void assertClean(String where, String text) {
    for (String secret : PLANTED) {
      assertThat(text)
          .as(where)
          .doesNotContain(secret)
          .doesNotContain(URLEncoder.encode(secret, StandardCharsets.UTF_8))
          .doesNotContain(secret.replace("\\", "\\\\").replace("\"", "\\\""))
          .doesNotContain(secret.replace("<", "&lt;").replace("'", "&#39;").replace(">", "&gt;"));
    }
    assertThat(text).as(where).doesNotContain("Sesame", "SESAME");
  }

  /** All that a command showed and left. */
  private void assertNothingLeaked(Outcome outcome, Path left) throws IOException {
    assertClean("stdout", outcome.out());
    assertClean("stderr", outcome.err());
    Matcher log = FAILURE_LOG.matcher(outcome.err());
    if (log.find()) {
      Path file = Path.of(log.group(1));
      assertClean("stack trace", Files.readString(file));
      Files.delete(file);
    }
    if (!Files.exists(left)) {
      return;
    }
    try (Stream<Path> files = Files.walk(left)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        // Every byte is one character here, so nothing is lost in decoding.
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertClean(file.toString(), text);
        assertClean(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void aRunLeavesAndPrintsNoneOfThem() throws IOException {
    Path run = folder.resolve("run");
    Outcome outcome = run("train", configuration("").toString(), "--output", run.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(run.resolve("summary.json")).exists();
    assertNothingLeaked(outcome, run);
    assertThat(run.resolve("config.yaml"))
        .content()
        .startsWith("# Secrets were left out. To use this file, set LOCKSTEP_SECRET_DATA_PATH, ")
        .contains(
            "rows.csv?sig=${LOCKSTEP_SECRET_DATA_PATH}\"",
            "storePassword: \"${LOCKSTEP_SECRET_DATA_OPTIONS_STOREPASSWORD}\"",
            "sessionToken: \"${LOCKSTEP_SECRET_DATA_OPTIONS_SESSIONTOKEN}\"");
    assertThat(run.resolve("report.html")).content().contains("${LOCKSTEP_SECRET_DATA_PATH}");

    // The file says what it lacks, and with it is the configuration again.
    Outcome again = Outcome.of("train", run.resolve("config.yaml").toString());
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err())
        .contains(
            ": 3 problems",
            "data.options.storePassword (line ",
            "a secret was left out here when this was written; set environment variable"
                + " LOCKSTEP_SECRET_DATA_OPTIONS_STOREPASSWORD to it");
    Map<String, String> environment = new HashMap<>();
    environment.put("LOCKSTEP_SECRET_DATA_PATH", PLANTED.get(2));
    environment.put("LOCKSTEP_SECRET_DATA_OPTIONS_STOREPASSWORD", PLANTED.get(0));
    environment.put("LOCKSTEP_SECRET_DATA_OPTIONS_SESSIONTOKEN", PLANTED.get(1));
    RunConfiguration read =
        ConfigurationReader.read(run.resolve("config.yaml").toString(), List.of(), environment);
    assertThat(read.data().options())
        .containsEntry("storePassword", PLANTED.get(0))
        .containsEntry("sessionToken", PLANTED.get(1));
    assertThat(read.data().location().toString()).contains(PLANTED.get(2));
  }

  /** Passwords change; what was trained does not depend on them. */
  @Test
  void aRunGoesOnWithAnotherSecretInThePlaceOfTheOld() throws IOException {
    Path run = folder.resolve("run");
    String[] command = {
      "train", configuration("").toString(), "--output", run.toString(), "--resume"
    };
    Outcome first = run(command);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(run.resolve("checkpoints")).isNotEmptyDirectory();
    Files.delete(run.resolve("summary.json"));
    List<String> changed = new ArrayList<>(List.of(command));
    changed.addAll(
        List.of("--set", "data.options.storePassword=rotatedSesame14", "--master", "local[2]"));
    changed.addAll(List.of("--set", "data.options.sessionToken=rotatedSesame15"));
    Outcome again = Outcome.of(changed.toArray(String[]::new));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).doesNotContain("refused", "differs");
    assertNothingLeaked(again, run);
  }

  /** With a logger of its own and secrets of its environment, as at a user's. */
  @Test
  void aProcessLogsNone() throws IOException, InterruptedException {
    Path err = folder.resolve("err.txt");
    Path root = Path.of("..").toAbsolutePath().normalize();
    ProcessBuilder process =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + root.resolve("deploy/conf/jvm-options"),
            "-Dlog4j2.configurationFile=" + root.resolve("deploy/conf/log4j2.properties"),
            "-Djava.io.tmpdir=" + folder,
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "train",
            configuration("name: ${STORE_PASSWORD}").toString(),
            "--output",
            folder.resolve("run").toString(),
            "--verbose",
            "--master",
            "local[1]",
            "--conf",
            "spark.serializer=" + PLANTED.get(8));
    process.environment().put("STORE_PASSWORD", PLANTED.get(8));
    process.redirectError(err.toFile()).redirectOutput(folder.resolve("out.txt").toFile());
    Process running = process.start();
    assertThat(running.waitFor(2, TimeUnit.MINUTES)).isTrue();
    String text = Files.readString(err);
    assertThat(running.exitValue()).as(text).isEqualTo(1);
    // Spark's own log, this program's sentence and the stack trace.
    assertThat(text)
        .contains(
            "ERROR SparkContext: Error initializing SparkContext.",
            "lockstep: unexpected failure: ClassNotFoundException: *********(redacted)",
            "java.lang.ClassNotFoundException: *********(redacted)");
    assertClean("stderr", text);
  }

  /** Words and numbers that a run is full of, under names of secrets: it remains one to be read. */
  @Test
  void ordinaryValuesInSecretVariablesDoNoHarm() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    Path data = rows();
    Path configuration =
        Files.writeString(
            folder.resolve("ordinary.yaml"),
            """
            name: pin 12345678901 relu
            data: {format: csv, path: 'rows.csv?sig=*', label: label, options: {header: true}}
            network: {layers: [{kind: dense, units: 4}, relu, {kind: dense, units: 2}]}
            optimizer: adamW
            training: {epochs: 2, batchSize: 16, shards: 2, seed: 12345678901}
            """
                .replace("*", PLANTED.get(2)));
    Path log = folder.resolve("log.txt");
    Process process =
        OwnProcess.start(
            log,
            List.of(
                "env",
                "API_TOKEN=null",
                "SHORT_TOKEN=1234",
                "PIN_SECRET=12345678901",
                "SORT_KEY=relu",
                "CACHE_KEY=adam",
                "FLAG_TOKEN=true",
                "CLASS_KEY=dense"),
            "train",
            configuration.toString(),
            "--output",
            run.toString(),
            "--master",
            "local[2]");
    assertThat(OwnProcess.exitCode(process)).as(Files.readString(log)).isZero();

    FinishedRun finished = FinishedRun.read(RunFolder.at(run.toString(), new Configuration()));
    assertThat(finished.summary().status()).isEqualTo("completed");
    assertThat(finished.summary().name()).isEqualTo("pin * *".replace("*", Redaction.MARK));
    assertThat(finished.summary().seed()).isEqualTo(12345678901L);
    assertThat(Files.readString(run.resolve("summary.json")))
        .contains("12345678901,")
        .doesNotContain("pin 12345678901");
    assertThat(run.resolve("config.yaml"))
        .content()
        .contains(
            "name: \"pin ${PIN_SECRET} ${SORT_KEY}\"",
            "kind: relu\n",
            "kind: dense\n",
            "kind: adamW\n",
            "header: \"true\"",
            "seed: 12345678901\n");
    Path predictions = folder.resolve("predictions");
    Outcome.done(
        "predict",
        run.toString(),
        "--input",
        data.toString(),
        "--output",
        predictions.toString(),
        "--master",
        "local[2]");
    assertThat(predictions).isNotEmptyDirectory();
  }

  @Test
  void aSearchLeavesNoneAndGoesOnWithoutThem() throws IOException {
    Path search = folder.resolve("search");
    Path configuration =
        configuration(
            """
            tuning:
              trials: 2
              parameters: {optimizer.learningRate: {scale: log, from: 0.01, to: 0.1}}
            """);
    String[] command = {"tune", configuration.toString(), "--output", search.toString()};
    Outcome outcome = run(command);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertNothingLeaked(outcome, search);
    Outcome again = run(command);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).contains("This search is finished; nothing was trained.");
    assertNothingLeaked(again, search);
  }

  @Test
  void aSecretThatIsSearchedOverIsRefused() throws IOException {
    Path configuration =
        configuration(
            """
            tuning:
              trials: 2
              parameters: {data.options.password: {choice: [first-Sesame, second-Sesame]}}
            """);
    Outcome outcome = run("tune", configuration.toString(), "--output", folder + "/search");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("tuning.parameters.data.options.password", "a secret cannot be listed");
    assertNothingLeaked(outcome, folder.resolve("search"));
  }

  /** Whatever fails, and wherever its message gets its words from. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // Unknown file systems and hosts, whose messages quote the URI.
        "--set data.path=s3a://AKIASESAME6:s3aKey/Sesame+5@bucket/rows.csv",
        "--set data.path=nosuch://userSesame12:passwordSesame13@host/rows.csv",
        "--set data.path=ftp://userSesame12:passwordSesame13@127.0.0.1:1/rows.csv",
        "--set network.initialWeights=hdfs://userSesame12:passwordSesame13@127.0.0.1:1/w.safetensors",
        "--output nosuch://userSesame12:passwordSesame13@host/run",
        // A class of a secret name: Spark does not start, and the stack trace is kept.
        "--conf spark.serializer=jvmSesame9",
        "--conf spark.serializer=jvmSesame9 --verbose",
        // Mistakes beside secrets, in values long enough to be cut.
        "--set data.optoins.token=userSesame12",
        "--set data.optoins={aVeryLongKeyThatIsOfNoUseToAnybody:1,anotherOne:22222222,password:userSesame12}",
        "--set data.label={token:userSesame12}",
        "--set data.splitSeed=s3a://AKIASESAME6:passwordSesame13@a-very-long-bucket-name-of-all-buckets/and/more",
        "--set data.options={password:[userSesame12}",
        "--set training.epochs=https://h/x?sig=passwordSesame13",
        "--conf =passwordSesame13",
        "--conf spark.redaction.regex=(",
        "spark.authenticate.secret=userSesame12",
        "--format ftp://userSesame12:passwordSesame13@host",
        "--master spark://userSesame12:passwordSesame13@host",
      })
  void aFailureTellsNone(String wrong) throws IOException {
    Path run = folder.resolve("run");
    List<String> command =
        new ArrayList<>(List.of("train", configuration("").toString(), "--quiet"));
    if (!wrong.startsWith("--output")) {
      command.addAll(List.of("--output", run.toString()));
    }
    // A second time wins.
    List<String> settings = new ArrayList<>(Arrays.asList(settings()));
    if (wrong.startsWith("--master")) {
      settings.subList(0, 2).clear();
    }
    command.addAll(settings);
    command.addAll(List.of(wrong.split(" ")));
    Outcome outcome = Outcome.of(command.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isNotZero();
    assertThat(outcome.err()).isNotBlank();
    assertNothingLeaked(outcome, run);
  }

  @Test
  void theNetworkOfASavedModelNamesNoFiles() {
    assertThat(
            catchThrowable(
                () ->
                    ModelDescription.fromJson(
                        """
                        {"format": "lockstep-model", "formatVersion": 1, "lockstepVersion": "0.1.0",
                         "inputShape": {"height": 1, "width": 1, "channels": 2},
                         "network": {"layers": ["relu"], "initialWeights": "/etc/passwd"},
                         "loss": {"kind": "meanSquaredError"}}
                        """,
                        "model.json")))
        .hasMessageContaining("network.initialWeights")
        .hasMessageContaining("unknown key");
  }
}
