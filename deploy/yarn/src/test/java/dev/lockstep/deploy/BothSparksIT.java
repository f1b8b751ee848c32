package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One jar, built against Spark 4.1, submitted by hand to Spark 3.5 and 4.1. This module's own Spark
 * is 3.5.
 */
@Tag("clusters")
final class BothSparksIT {
  private static final Path CONFIGURATION = JavaProcess.ROOT.resolve("deploy/conf/digits.yaml");

  @TempDir private static Path folder;

  private static Path older;
  private static Path newer;

  @BeforeAll
  static void makeHomes() throws IOException {
    Path olderJars = JavaProcess.SPARK.resolve("jars");
    Path newerJars = JavaProcess.ROOT.resolve("deploy/target/spark/jars");
    older = SparkHome.make(folder.resolve("spark-3.5"), olderJars, "2.12");
    newer = SparkHome.make(folder.resolve("spark-4.1"), newerJars, "2.13");
  }

  /** With executors in processes of their own, so that everything that travels does. */
  @ParameterizedTest
  @ValueSource(strings = {"tree", "barrier"})
  void trainTheSameBits(String synchronizer) throws Exception {
    JsonNode onOlder = train(older, synchronizer);
    JsonNode onNewer = train(newer, synchronizer);

    assertThat(onOlder.path("sparkVersion").asText()).startsWith("3.5.");
    assertThat(onNewer.path("sparkVersion").asText()).startsWith("4.1.");
    assertThat(onOlder.path("blas")).isEqualTo(onNewer.path("blas"));
    assertThat(onOlder.path("parametersSha256").asText())
        .isNotEmpty()
        .isEqualTo(onNewer.path("parametersSha256").asText());
  }

  @Test
  void whatTheClassesNameIsInTheOlderSpark() throws IOException {
    JarLinks.Result result = JarLinks.check(Archives.JAR, older.resolve("jars"));

    assertThat(result.missing()).isEmpty();
    assertThat(result.found()).isGreaterThan(500);
  }

  @Test
  void noPackageIsAlsoThatOfTheOlderSpark() throws IOException {
    JarPackages.assertNoneIsSharedUnlisted(Archives.JAR, older.resolve("jars"));
  }

  private static JsonNode train(Path home, String synchronizer)
      throws IOException, InterruptedException {
    Path run = folder.resolve(home.getFileName() + "-" + synchronizer);
    ScriptProcess.Result result =
        ScriptProcess.run(
            folder,
            Map.of("SPARK_HOME", home.toString()),
            home.resolve("bin/spark-submit"),
            List.of(
                "--master",
                Runs.LOCAL_CLUSTER,
                "--conf",
                "spark.driver.extraJavaOptions=" + JavaProcess.SMALL,
                "--conf",
                "spark.executor.extraJavaOptions=" + JavaProcess.SMALL,
                "--class",
                "dev.lockstep.driver.cli.Main",
                Archives.JAR.toString(),
                "train",
                CONFIGURATION.toString(),
                "--set=training.epochs=1",
                "--set=training.synchronizer=" + synchronizer,
                "--output",
                run.toString()));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return new ObjectMapper().readTree(run.resolve("summary.json").toFile());
  }
}
