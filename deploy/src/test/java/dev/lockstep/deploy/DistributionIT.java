package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.deploy.ScriptProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Installs both archives outside the source tree, as people do, and works with them. */
@Tag("clusters")
final class DistributionIT {
  /** The machine has a Java, but no Maven and no Spark. */
  private static final Map<String, String> NOTHING_ELSE = Map.of("PATH", "/usr/bin:/bin");

  private static final Map<String, String> SMALL = with(NOTHING_ELSE, ScriptProcess.SMALL);

  @TempDir private static Path folder;

  private static Path withSpark;
  private static Path withoutSpark;

  /** Where people work; what they install lies elsewhere. */
  private static Path work;

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    withSpark = Archives.unpack(Archives.WITH_SPARK, folder.resolve("opt with spark"));
    withoutSpark = Archives.unpack(Archives.WITHOUT_SPARK, folder.resolve("opt"));
    work = Files.createDirectory(folder.resolve("my work"));
  }

  @Test
  void theOneWithSparkTrainsThroughALinkAndLeavesItselfAlone() throws Exception {
    Map<String, String> before = contents(withSpark);
    Path link = Files.createSymbolicLink(folder.resolve("lockstep"), launcher(withSpark));

    Result result =
        run(SMALL, link, "train", example(withSpark, "digits"), "--set=training.epochs=3");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).doesNotContain("building");
    // Without --output the run is where the user is.
    Path run = work.resolve(result.out().strip());
    assertThat(run.getParent()).isEqualTo(work.resolve("runs"));
    assertThat(summary(run).path("status").asText()).isEqualTo("completed");
    assertThat(contents(withSpark)).isEqualTo(before);
  }

  @Test
  void examplesFindTheirData() throws Exception {
    Path run = work.resolve("mnist");

    Result result =
        run(
            SMALL,
            launcher(withSpark),
            "train",
            example(withSpark, "mnist"),
            "--set=training.epochs=1",
            "--output",
            run.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(summary(run).path("test").path("accuracy").asDouble()).isGreaterThan(0.5);
  }

  @Test
  void theOneWithoutSparkSaysHowToGetOne() throws Exception {
    Result result =
        run(NOTHING_ELSE, launcher(withoutSpark), "train", example(withoutSpark, "digits"));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .containsExactly(
            "lockstep: there is no Spark in "
                + withoutSpark.toRealPath()
                + ". Install Spark 3.5 or 4.1 and set SPARK_HOME to its folder, or take the archive "
                + Archives.NAME
                + "-with-spark.tar.gz, which brings one.");
  }

  @Test
  void theOneWithoutSparkTrainsWithTheUsers() throws Exception {
    Path home =
        SparkHome.make(folder.resolve("my spark"), JavaProcess.SPARK.resolve("jars"), "2.13");
    Path run = work.resolve("light");

    Result result =
        run(
            with(ScriptProcess.SMALL, Map.of("SPARK_HOME", home.toString())),
            launcher(withoutSpark),
            "train",
            example(withoutSpark, "digits"),
            "--set=training.epochs=3",
            "--output",
            run.toString(),
            "--master",
            Runs.LOCAL_CLUSTER,
            "--driver-memory",
            "1g");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(summary(run).path("status").asText()).isEqualTo("completed");
  }

  @Test
  void twoVersionsInOneFolderAreRefused() throws Exception {
    Path mixed = Archives.unpack(Archives.WITHOUT_SPARK, folder.resolve("mixed"));
    Files.createFile(mixed.resolve("lib/lockstep-0.0.9.jar"));

    Result result = run(NOTHING_ELSE, launcher(mixed), "version");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("several versions").contains("a folder of its own");
  }

  private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
    Map<String, String> all = new HashMap<>(some);
    all.putAll(more);
    return all;
  }

  private static Path launcher(Path installed) {
    return installed.resolve("bin/lockstep");
  }

  private static String example(Path installed, String name) {
    return installed.resolve("conf").resolve(name + ".yaml").toString();
  }

  private static Result run(Map<String, String> environment, Path script, String... arguments)
      throws IOException, InterruptedException {
    return ScriptProcess.run(work, environment, script, List.of(arguments));
  }

  private static JsonNode summary(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("summary.json").toFile());
  }

  /** Every file below a folder with its size and the time of its last change. */
  private static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : (Iterable<Path>) tree::iterator) {
        contents.put(
            folder.relativize(each).toString(),
            Files.size(each) + " " + Files.getLastModifiedTime(each));
      }
    }
    return contents;
  }
}
