package dev.lockstep.driver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on data with bad rows: what is left out, counted, kept and told. */
final class BadRowsRunTest {
  @TempDir private Path folder;

  /** Bad rows of {@link #dirty}, each after this many good ones. */
  private static final List<String> BAD =
      List.of("x,<b>1</b>,p", "1,,q", "2,3", "4,inf,p", "5,6,\"\"");

  /** Number of each in the file, from 1. */
  private static final List<Integer> BAD_ROWS = List.of(11, 22, 33, 44, 55);

  private static List<String> good() {
    Random random = new Random(5);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 115; i++) {
      double shift = i % 2 == 0 ? 2 : -2;
      rows.add(
          String.format(
              Locale.ROOT,
              "%.3f,%.3f,%s",
              random.nextGaussian() + shift,
              random.nextGaussian() - shift,
              i % 2 == 0 ? "p" : "q"));
    }
    return rows;
  }

  private static String text(List<String> rows) {
    return "a,b,label\n" + String.join("\n", rows) + "\n";
  }

  private Path clean() throws IOException {
    return Files.writeString(folder.resolve("clean.csv"), text(good()));
  }

  private Path dirty() throws IOException {
    List<String> rows = new ArrayList<>(good());
    for (int i = 0; i < BAD.size(); i++) {
      rows.add(BAD_ROWS.get(i) - 1, BAD.get(i));
    }
    return Files.writeString(folder.resolve("dirty.csv"), text(rows));
  }

  private Path configuration(Path data, String more) throws IOException {
    return Files.writeString(
        folder.resolve(data.getFileName().toString().replace(".csv", ".yaml")),
        """
        data:
          format: csv
          path: %s
          options: {header: true}
          label: label
          test: {fraction: 0.2}
        %s
        network: {layers: [{kind: dense, units: 2}]}
        training: {epochs: 2, batchSize: 16, shards: 3, synchronizer: local}
        """
            .formatted(data, more));
  }

  private static Outcome train(Path configuration, Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                configuration.toString(),
                "--output",
                output.toString(),
                "--master",
                "local[2]"));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray(String[]::new));
  }

  private static List<String> names(Path output) throws IOException {
    try (Stream<Path> files = Files.list(output)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void assertQuarantined(Path quarantine) throws IOException {
    assertThat(names(quarantine)).containsExactly("train-00000.jsonl");
    List<String> lines = Files.readAllLines(quarantine.resolve("train-00000.jsonl"));
    assertThat(lines).hasSize(BAD.size());
    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      JsonNode row = Outcome.JSON.readTree(lines.get(i));
      assertThat(row.path("file").asText()).isEqualTo(folder.resolve("dirty.csv").toString());
      assertThat(row.path("row").asLong()).isEqualTo(BAD_ROWS.get(i).longValue());
      reasons.add(row.path("reason").asText());
    }
    assertThat(reasons)
        .containsExactly("notNumeric", "empty", "wrongCellCount", "notFinite", "empty");
    assertThat(lines.get(0))
        .isEqualTo(
            "{\"file\":\""
                + folder.resolve("dirty.csv")
                + "\",\"row\":11,\"column\":\"a\",\"value\":\"x\",\"reason\":\"notNumeric\","
                + "\"finding\":\"'x' is not a number.\","
                + "\"cells\":{\"a\":\"x\",\"b\":\"<b>1</b>\",\"label\":\"p\"}}");
    assertThat(lines.get(2)).contains("\"column\":null", "\"line\":\"2,3\"}");
  }

  @Test
  void aRunThatLeavesRowsOutIsTheRunWithoutThem() throws IOException {
    JsonNode clean =
        Outcome.train(configuration(clean(), ""), folder.resolve("run"), "--no-progress");
    assertThat(clean.path("badRows").toString())
        .isEqualTo(
            "{\"mode\":\"fail\",\"maxFraction\":0.1,\"total\":115,\"skipped\":0,\"quarantined\":0,"
                + "\"fraction\":0.0,\"byReason\":{},\"sources\":{\"train\":{\"total\":115,"
                + "\"skipped\":0,\"quarantined\":0,\"fraction\":0.0,\"byReason\":{}}}}");

    Path output = folder.resolve("quarantining");
    Path configuration = configuration(dirty(), "  badRows: quarantine");
    Outcome outcome = train(configuration, output, "--no-progress");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode summary = Outcome.json(output.resolve("summary.json"));
    for (String same : List.of("parametersSha256", "dataFingerprint", "train", "test")) {
      assertThat(summary.path(same)).as(same).isEqualTo(clean.path(same));
    }
    JsonNode counts = summary.path("badRows");
    assertThat(counts.path("mode").asText()).isEqualTo("quarantine");
    assertThat(counts.path("total").asLong()).isEqualTo(120);
    assertThat(counts.path("quarantined").asLong()).isEqualTo(5);
    assertThat(counts.path("skipped").asLong()).isZero();
    assertThat(counts.path("fraction").asDouble()).isEqualTo(5.0 / 120);
    assertThat(counts.path("byReason").toString())
        .isEqualTo("{\"wrongCellCount\":1,\"empty\":2,\"notNumeric\":1,\"notFinite\":1}");
    assertThat(counts.path("sources").path("train").path("quarantined").asLong()).isEqualTo(5);

    assertQuarantined(output.resolve("quarantine"));
    String note =
        "5 of 120 rows of the training data (wrongCellCount 1, empty 2, notNumeric 1, notFinite 1)"
            + " were left out; first: "
            + folder.resolve("dirty.csv")
            + ", row 11, column 'a': 'x' is not a number.";
    assertThat(outcome.err()).contains(note, "kept in " + output.resolve("quarantine") + ".");
    assertThat(summary.path("notes").toString()).contains("5 of 120 rows");
    assertThat(Files.readString(output.resolve("report.html")))
        .contains("Rows left out", "4.17%", "Wrong cell count", "5 of 120 rows");
    assertThat(Files.readString(output.resolve("config.yaml")))
        .contains("badRows: quarantine\n  maxBadFraction: 0.1\n");

    Outcome evaluation =
        Outcome.done(
            "evaluate",
            output.toString(),
            "--data",
            configuration.toString(),
            "--set",
            "data.badRows=skip",
            "--master",
            "local[2]");
    assertThat(evaluation.outAsJson().path("accuracy"))
        .isEqualTo(summary.path("test").path("accuracy"));
    assertThat(evaluation.err().strip()).isEqualTo("lockstep: " + note);
  }

  @Test
  void tooManyBadRowsEndTheRunAndStayForInspection() throws IOException {
    Path output = folder.resolve("run");
    Path configuration = configuration(dirty(), "  badRows: quarantine\n  maxBadFraction: 0.04");
    for (int night = 1; night <= 2; night++) {
      Outcome outcome = train(configuration, output);
      assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
      assertThat(outcome.out()).isEmpty();
      assertThat(outcome.err())
          .startsWith(
              "lockstep: 5 of 120 rows of the training data (wrongCellCount 1, empty 2, notNumeric"
                  + " 1, notFinite 1) cannot be used, a share of 0.0417 where data.maxBadFraction"
                  + " allows 0.04. The first of them: ")
          .contains("row 11, column 'a': 'x'", "row 22, column 'b'", "row 33: a row has 2 cells")
          .contains("They are kept in " + output.resolve("quarantine") + ".");
      assertThat(outcome.err().strip().lines()).hasSize(1);
      assertThat(names(output)).containsExactly("quarantine");
      assertQuarantined(output.resolve("quarantine"));
    }
    Outcome skipping =
        train(
            configuration,
            output,
            "--set",
            "data.badRows=skip",
            "--set",
            "data.maxBadFraction=0.05",
            "--no-progress");
    assertThat(skipping.code()).as(skipping.err()).isZero();
    assertThat(names(output)).contains("summary.json").doesNotContain("quarantine");
    JsonNode counts = Outcome.json(output.resolve("summary.json")).path("badRows");
    assertThat(counts.path("skipped").asLong()).isEqualTo(5);
    assertThat(counts.path("quarantined").asLong()).isZero();
  }

  /** Between two attempts the bad rows are taken out of the file: the kept ones are the last. */
  @Test
  void whatWasKeptStaysWhenTheRunGoesOnWithoutBadRows() throws IOException {
    Path output = folder.resolve("run");
    Path data = dirty();
    Path configuration = configuration(data, "  badRows: quarantine");
    String[] steps = {"--set", "training.checkpoint.everySteps=4", "--no-progress"};
    JsonNode whole = Outcome.train(configuration, output, steps);
    List<String> kept = Files.readAllLines(output.resolve("quarantine/train-00000.jsonl"));
    // What a process leaves that is killed after its last checkpoint.
    Files.delete(output.resolve("summary.json"));
    Files.delete(output.resolve("report.html"));
    Files.createDirectories(output.resolve(".quarantine.partial/leftover"));
    Files.writeString(data, text(good()));

    Outcome resumed = train(configuration, output, steps[0], steps[1], steps[2], "--resume");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err())
        .contains(
            "The rows that an earlier attempt left out are still kept in "
                + output.resolve("quarantine")
                + ".");
    JsonNode summary = Outcome.json(output.resolve("summary.json"));
    assertThat(summary.path("attempts").asInt()).isEqualTo(2);
    assertThat(summary.path("parametersSha256")).isEqualTo(whole.path("parametersSha256"));
    assertQuarantined(output.resolve("quarantine"));
    assertThat(output.resolve("quarantine/train-00000.jsonl")).hasContent(String.join("\n", kept));
    assertThat(output.resolve(".quarantine.partial")).doesNotExist();
  }

  /** Leaves what a process does that is killed after its last checkpoint. */
  private static Path killed(Path configuration, Path output) throws IOException {
    Outcome.train(
        configuration, output, "--set", "training.checkpoint.everySteps=4", "--no-progress");
    Files.delete(output.resolve("summary.json"));
    Files.delete(output.resolve("report.html"));
    return output;
  }

  private static Outcome resume(Path configuration, Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--set", "training.checkpoint.everySteps=4", "--no-progress", "--resume"));
    arguments.addAll(List.of(more));
    return train(configuration, output, arguments.toArray(String[]::new));
  }

  /** Some of the bad rows are taken out of the data: those that were kept are the last of them. */
  @Test
  void whatWasKeptStaysBesideWhatIsLeftOutNow() throws IOException {
    Path data = dirty();
    Path configuration = configuration(data, "  badRows: quarantine");
    Path output = killed(configuration, folder.resolve("run"));
    Outcome same = resume(configuration, output);
    assertThat(same.code()).as(same.err()).isZero();
    assertThat(output.resolve("quarantine-1")).doesNotExist();
    assertQuarantined(output.resolve("quarantine"));

    Files.delete(output.resolve("summary.json"));
    List<String> rows = new ArrayList<>(good());
    rows.add(0, BAD.get(0));
    rows.add(9, BAD.get(1));
    Files.writeString(data, text(rows));
    Outcome cleaned = resume(configuration, output);
    assertThat(cleaned.code()).as(cleaned.err()).isZero();
    assertThat(cleaned.err())
        .contains("kept in " + output.resolve("quarantine") + ". Those that an earlier attempt")
        .contains("left out are in " + output.resolve("quarantine-1") + ".");
    assertQuarantined(output.resolve("quarantine-1"));
    Path left = output.resolve("quarantine/train-00000.jsonl");
    assertThat(left).content().contains("\"row\":1,", "\"row\":10,");
    assertThat(Files.readAllLines(left)).hasSize(2);

    Files.delete(output.resolve("summary.json"));
    dirty();
    assertThat(resume(configuration, output).code()).isZero();
    assertQuarantined(output.resolve("quarantine"));
    assertThat(output.resolve("quarantine-2/train-00000.jsonl")).content().contains("\"row\":10,");
  }

  @Test
  void aRunThatMayNotGoOnFindsItsQuarantineAsItWas() throws IOException {
    Path data = dirty();
    Path configuration = configuration(data, "  badRows: quarantine");
    Path output = killed(configuration, folder.resolve("run"));
    Files.writeString(data, "a,b,label\n" + "new,1,p\n".repeat(100));
    Outcome otherData = resume(configuration, output);
    assertThat(otherData.code()).as(otherData.err()).isEqualTo(3);
    assertThat(otherData.err())
        .contains("100 of 100 rows", "data.maxBadFraction allows 0.1")
        .doesNotContain("are kept in");
    assertQuarantined(output.resolve("quarantine"));
    assertThat(names(output)).contains("quarantine").doesNotContain("quarantine-1");

    // Of another configuration it is said before the data are looked at.
    Outcome other = resume(configuration, output, "--set", "training.batchSize=7");
    assertThat(other.code()).as(other.err()).isEqualTo(2);
    assertThat(other.err()).contains("training.batchSize was 16 and is 7");
    assertQuarantined(output.resolve("quarantine"));
  }

  @Test
  void withoutASettingTheFirstBadRowEndsTheRun() throws IOException {
    Path output = folder.resolve("run");
    Outcome outcome = train(configuration(dirty(), ""), output);
    assertThat(outcome.code()).isEqualTo(3);
    assertThat(outcome.err()).contains("dirty.csv, row 11, column 'a': 'x' is not a number.");
    assertThat(output).doesNotExist();
  }
}
