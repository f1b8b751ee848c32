package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the person at the keyboard, or the pipeline, sees of a command.
 *
 * @param code exit code
 * @param out all of stdout
 * @param err all of stderr
 */
record Outcome(int code, String out, String err) {
  static final ObjectMapper JSON = new ObjectMapper();

  /** Runs a command of this program in this JVM. */
  static Outcome of(String... arguments) {
    PrintStream stdout = System.out;
    PrintStream stderr = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code;
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      code = Main.run(arguments);
    } finally {
      System.setOut(stdout);
      System.setErr(stderr);
    }
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** As {@link #of}, for a command that must succeed. */
  static Outcome done(String... arguments) {
    Outcome outcome = of(arguments);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  /** Trains into {@code folder} and reads the summary. */
  static JsonNode train(Path configuration, Path folder, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                configuration.toString(),
                "--output",
                folder.toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    done(arguments.toArray(String[]::new));
    return json(folder.resolve("summary.json"));
  }

  /** A JSON file. */
  static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** The one line of JSON on stdout. */
  JsonNode outAsJson() {
    assertThat(out.strip().lines()).as("stdout").hasSize(1);
    try {
      return JSON.readTree(out);
    } catch (IOException malformed) {
      throw new UncheckedIOException(out, malformed);
    }
  }

  /** The lines of {@code metrics.jsonl} of one kind, in order. */
  static List<JsonNode> metrics(Path run, String kind) {
    try {
      List<JsonNode> records = new ArrayList<>();
      for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
        JsonNode record = JSON.readTree(line);
        if (record.path("kind").asText().equals(kind)) {
          records.add(record);
        }
      }
      return records;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
