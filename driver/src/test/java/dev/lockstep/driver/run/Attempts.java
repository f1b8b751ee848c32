package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunSummary;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;

/** Attempts at runs, in this process, that are stopped or broken off where a test wants it. */
record Attempts(JavaSparkContext spark) {
  /** What ends a run as if its process had been killed: nothing is written any more. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** What an attempt came to. */
  record Told(RunSummary summary, String progress) {}

  /** Never. */
  static final BooleanSupplier NEVER = () -> false;

  /** Asks to stop after so many steps of an attempt. */
  static BooleanSupplier stopAfter(int steps) {
    int[] asked = {0};
    return () -> asked[0]++ >= steps;
  }

  /** Kills after so many steps of an attempt. */
  static BooleanSupplier killAfter(int steps) {
    int[] asked = {0};
    return () -> {
      if (asked[0]++ >= steps) {
        throw new Killed();
      }
      return false;
    };
  }

  /** One attempt on the local disk. */
  Told attempt(
      String yaml, Path folder, StartMode mode, BooleanSupplier interruption, String... overrides) {
    return attempt(yaml, folder.toString(), mode, interruption, overrides);
  }

  /** One attempt in a folder of any file system. */
  Told attempt(
      String yaml,
      String folder,
      StartMode mode,
      BooleanSupplier interruption,
      String... overrides) {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    RunSummary summary =
        new TrainingRun(
                spark,
                ConfigurationReader.read(yaml, "test", null, List.of(overrides), Map.of()),
                RunFolder.at(folder, spark.hadoopConfiguration()),
                mode,
                steps ->
                    ProgressPrinter.notesOnly(new PrintStream(told, true, StandardCharsets.UTF_8)),
                interruption::getAsBoolean,
                message -> {})
            .execute();
    return new Told(summary, told.toString(StandardCharsets.UTF_8));
  }

  /** A run without a break. */
  RunSummary whole(String yaml, Path folder, String... overrides) {
    return attempt(yaml, folder, StartMode.NEW, NEVER, overrides).summary();
  }

  /** The lines of {@code metrics.jsonl} without their times, which differ from run to run. */
  static List<String> metrics(Path run) {
    try {
      return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
          .map(line -> line.replaceAll("\"seconds\":\\{[^}]*}", ""))
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** The names of the checkpoints that are there, the oldest first. */
  static List<String> checkpoints(Path run) {
    try (Stream<Path> folders = Files.list(run.resolve("checkpoints"))) {
      return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Two runs have come to the same, whatever happened on the way. */
  static void assertSame(RunSummary one, Path oneFolder, RunSummary other, Path otherFolder) {
    assertThat(other.parametersSha256()).isEqualTo(one.parametersSha256());
    assertThat(other.status()).isEqualTo(one.status());
    assertThat(other.steps()).isEqualTo(one.steps());
    assertThat(other.epochs()).isEqualTo(one.epochs());
    assertThat(other.train()).isEqualTo(one.train());
    assertThat(other.validation()).isEqualTo(one.validation());
    assertThat(other.test()).isEqualTo(one.test());
    assertThat(metrics(otherFolder)).isEqualTo(metrics(oneFolder));
    assertThat(checkpoints(otherFolder)).isEqualTo(checkpoints(oneFolder));
  }
}
