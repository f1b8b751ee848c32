package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A network of a hundred million parameters on two executors of their own: it trains, it needs the
 * memory that was told before the start, and it is refused where that is not there.
 */
@Tag("clusters")
final class BigModelIT {
  private static final Path LAUNCHER =
      Path.of(System.getProperty("lockstep.root"), "deploy", "bin", "lockstep");

  private static final Pattern TOLD =
      Pattern.compile(
          "Memory: driver ([0-9.]+ [MG]B) of [0-9.]+ GB, each of 2 executors ([0-9.]+ [MG]B) of .*");

  /** What lives after a full collection, in MB. */
  private static final Pattern LIVE = Pattern.compile("Pause Full .* [0-9]+M->([0-9]+)M\\(");

  private static final double TOLERANCE = 0.3;

  @TempDir private Path folder;

  @Test
  void takesThreeStepsInTheMemoryThatWasTold() throws Exception {
    Path output = folder.resolve("run");
    String err = train(0, "local-cluster[2,1,4096]", "6g", output);

    JsonNode summary = new ObjectMapper().readTree(output.resolve("summary.json").toFile());
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    assertThat(summary.path("steps").asLong()).isEqualTo(3);
    assertThat(summary.path("parameters").asLong()).isBetween(99_000_000L, 101_000_000L);

    Matcher told = TOLD.matcher(err.lines().filter(l -> l.startsWith("Memory:")).findFirst().get());
    assertThat(told.matches()).as(err).isTrue();
    // The driver has the largest heap, and both executors do the same; the launcher's own look at
    // Java's version is a process too.
    List<Double> peaks = peaksOfLiveMegabytes();
    near(peaks.get(0), megabytes(told.group(1)), "driver");
    near(peaks.get(1), megabytes(told.group(2)), "executor");
    near(peaks.get(2), megabytes(told.group(2)), "executor");
  }

  @Test
  void isRefusedWhereItCannotFit() throws Exception {
    Path output = folder.resolve("run");
    String err = train(2, "local-cluster[2,1,1024]", "6g", output);

    assertThat(err)
        .contains("each executor needs at least")
        .contains("its largest heap is 1.0 GB")
        .contains("spark.executor.memory")
        .doesNotContain("\tat ");
    assertThat(output).doesNotExist();
  }

  private static void near(double measured, double told, String who) {
    assertThat(told)
        .as("memory told for the %s, MB, measured %.0f", who, measured)
        .isCloseTo(measured, within(TOLERANCE * measured));
  }

  private static double megabytes(String told) {
    double number = Double.parseDouble(told.substring(0, told.indexOf(' ')));
    return told.endsWith("GB") ? number * 1024 : number;
  }

  /** Largest live heap of each process, largest first. */
  private List<Double> peaksOfLiveMegabytes() throws IOException {
    List<Double> peaks = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path log : files.filter(file -> file.toString().endsWith(".gc")).toList()) {
        double peak = 0;
        for (String line : Files.readAllLines(log)) {
          Matcher live = LIVE.matcher(line);
          if (live.find()) {
            peak = Math.max(peak, Double.parseDouble(live.group(1)));
          }
        }
        peaks.add(peak);
      }
    }
    peaks.sort(Comparator.reverseOrder());
    return peaks;
  }

  /** Trains and returns stderr. Every process writes a log of its collections. */
  private String train(int exitCode, String master, String driverMemory, Path output)
      throws IOException, InterruptedException {
    Path configuration = folder.resolve("big.yaml");
    Files.writeString(
        configuration,
        """
        name: big
        data: {format: bundled, name: digits, validation: {fraction: 0.1}, test: {fraction: 0.1}}
        network:
          layers:
            - {kind: dense, units: 9950}
            - relu
            - {kind: dense, units: 9950}
            - relu
            - {kind: dense, units: 10}
        optimizer: {kind: adam, learningRate: 0.0001}
        training: {steps: 3, batchSize: 64, shards: 2, seed: 1, synchronizer: tree}
        """);
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            LAUNCHER.toString(),
            "train",
            configuration.toString(),
            "--master",
            master,
            "--driver-memory",
            driverMemory,
            "--output",
            output.toString());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("LOCKSTEP_NO_BUILD", "1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // Executors inherit it.
    builder.environment().put("JDK_JAVA_OPTIONS", collecting());
    builder.environment().remove("SPARK_HOME");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(30, TimeUnit.MINUTES)).as("ends within 30 minutes").isTrue();
    } finally {
      process.destroyForcibly();
    }
    String messages = Files.readString(err, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(messages).isEqualTo(exitCode);
    return messages;
  }

  /** Collects everything twice a second, so that what is left is what lives. */
  private String collecting() {
    return "-XX:+UseG1GC -XX:G1PeriodicGCInterval=500 -XX:-G1PeriodicGCInvokesConcurrent"
        + " -Xlog:gc:file="
        + folder.resolve("%p.gc");
  }
}
