package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bin/lockstep} with lines of JSON: its own, the program's and Spark's. */
final class JsonLauncherIT {
  private static final Path LAUNCHER = JavaProcess.ROOT.resolve("deploy/bin/lockstep");

  @TempDir private Path folder;

  private record Result(int exitCode, String out, List<JsonNode> err) {}

  private Result run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("LOCKSTEP_NO_BUILD", "1");
    builder.environment().remove("SPARK_HOME");
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(err)) {
      lines.add(parsed(line));
    }
    return new Result(process.exitValue(), Files.readString(out), lines);
  }

  private static JsonNode parsed(String line) {
    try {
      JsonNode node = new ObjectMapper().readTree(line);
      assertThat(node.isObject()).as(line).isTrue();
      return node;
    } catch (JsonProcessingException malformed) {
      throw new AssertionError(line, malformed);
    }
  }

  /** The home of a Spark that prints the options of its JVM. */
  private String sparkThatSaysItsOptions() throws IOException {
    Path submit = Files.createDirectories(folder.resolve("bin")).resolve("spark-submit");
    Files.writeString(submit, "#!/bin/sh\necho \"$SPARK_SUBMIT_OPTS\"\n");
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    return folder.toString();
  }

  @Test
  void whatTheLauncherItselfRefusesIsAnObject() throws Exception {
    Result result =
        run(Map.of("JAVA_HOME", "/no \"such\" \\ folder"), "train", "x", "--log-format", "json");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).hasSize(1);
    assertThat(result.err().get(0).path("event").asText()).isEqualTo("exit");
    assertThat(result.err().get(0).path("exitCode").asInt()).isEqualTo(2);
    assertThat(result.err().get(0).path("message").asText())
        .startsWith("JAVA_HOME is /no \"such\" \\ folder, but");
  }

  @ParameterizedTest
  @CsvSource({
    "--log-format=json a.yaml,true",
    "--log-format json a.yaml,true",
    "a.yaml --log-format=json --resume,true",
    "--log-format=text --log-format=json a.yaml,true",
    "--log-format=json --log-format text a.yaml,false",
    "a.yaml -- --log-format=json,false"
  })
  void theFormatIsUnderstoodWhereverItStands(String arguments, boolean json) throws Exception {
    List<String> command = new ArrayList<>(List.of("train"));
    command.addAll(List.of(arguments.split(" ")));
    Map<String, String> spark =
        Map.of("SPARK_HOME", sparkThatSaysItsOptions(), "SPARK_SUBMIT_OPTS", "");
    assertThat(run(spark, command.toArray(String[]::new)).out().contains("log4j2-json.properties"))
        .isEqualTo(json);
  }

  @Test
  void aRunOfTheEmbeddedSparkSpeaksInObjectsOnly() throws Exception {
    Result result =
        run(
            Map.of("LOCKSTEP_LOG_FORMAT", "json"),
            "train",
            JavaProcess.ROOT.resolve("deploy/conf/digits.yaml").toString(),
            "--master",
            "local[2]",
            "--set",
            "training.epochs=1",
            "--output",
            folder.resolve("run").toString(),
            // Spark logs this, with a stack trace, and goes on.
            "--conf",
            "spark.metrics.conf.*.source.none.class=no.such.Source");
    assertThat(result.exitCode()).as(result.err().toString()).isZero();
    assertThat(result.out().strip()).isEqualTo(folder.resolve("run").toString());
    assertThat(result.err())
        .map(line -> line.path("event").asText())
        .containsOnlyOnce("runStarted", "dataPrepared", "trainingStarted", "completed")
        .contains("log");
  }

  @Test
  void theUsersSparkLogsInObjectsWhereThatIsAskedFor() throws Exception {
    Map<String, String> spark =
        Map.of("SPARK_HOME", sparkThatSaysItsOptions(), "SPARK_SUBMIT_OPTS", "-Dmine=1");
    assertThat(run(spark, "train", "x", "--log-format=json").out())
        .contains("log4j2-json.properties", "-Dmine=1");
    assertThat(run(spark, "train", "x").out()).isEqualTo("-Dmine=1\n");
  }
}
