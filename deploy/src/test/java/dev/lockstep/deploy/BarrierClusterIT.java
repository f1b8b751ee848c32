package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The barrier stage with executors in processes of their own. */
@Tag("clusters")
final class BarrierClusterIT {
  private static final String CLUSTER = "local-cluster[2,1,1024]";
  private static final Path ROOT = Path.of(System.getProperty("lockstep.root"));

  @TempDir private Path folder;

  @Test
  void executorsGiveTheBitsOfThisProcess() throws Exception {
    assertThat(run("0")).doesNotContain("killed");
  }

  @Test
  void anExecutorThatIsKilledChangesNoBit() throws Exception {
    assertThat(run("30")).contains("killed true");
  }

  @Test
  void authenticatedAndEncryptedConnectionsGiveTheSameBits() throws Exception {
    assertThat(
            run(
                "0",
                "spark.authenticate=true",
                "spark.authenticate.secret=of this test",
                "spark.network.crypto.enabled=true"))
        .doesNotContain("killed");
  }

  @Test
  void dynamicAllocationIsRefused() throws Exception {
    String error =
        fail(
            "0",
            "spark.dynamicAllocation.enabled=true",
            "spark.dynamicAllocation.shuffleTracking.enabled=true");
    assertThat(error)
        .contains("needs a fixed set of executors")
        .contains("spark.dynamicAllocation.enabled");
  }

  /** Runs the program, compares its two results, and returns what it printed. */
  private String run(String... arguments) throws IOException, InterruptedException {
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    int code = start(out, err, arguments);
    assertThat(code).as(Files.readString(err)).isZero();
    List<String> lines = Files.readAllLines(out);
    assertThat(result(lines, "barrier ")).isEqualTo(result(lines, "local "));
    return String.join("\n", lines);
  }

  /** Runs the program, which must fail, and returns its errors. */
  private String fail(String... arguments) throws IOException, InterruptedException {
    Path err = folder.resolve("err.txt");
    assertThat(start(folder.resolve("out.txt"), err, arguments)).isNotZero();
    return Files.readString(err);
  }

  private static String result(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElseThrow();
  }

  private static int start(Path out, Path err, String... arguments)
      throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> line =
        new ArrayList<>(
            List.of(
                java.toString(),
                "@" + ROOT.resolve("deploy/conf/jvm-options"),
                "-Dlog4j2.configurationFile=" + ROOT.resolve("deploy/conf/log4j2.properties"),
                "-cp",
                absolute(System.getProperty("java.class.path")),
                BarrierProgram.class.getName(),
                CLUSTER));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("SPARK_HOME", JavaProcess.SPARK.toString());
    builder.environment().put("SPARK_SCALA_VERSION", scalaLine());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(ScriptProcess.SMALL);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(4, TimeUnit.MINUTES)).as("ends within four minutes").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue();
  }

  /** Which Spark would find out from its own source tree. */
  private static String scalaLine() {
    String version = scala.util.Properties$.MODULE$.versionNumberString();
    return version.substring(0, version.lastIndexOf('.'));
  }

  /** Executors run in folders of their own. */
  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
