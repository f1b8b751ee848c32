package dev.lockstep.driver.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.datasets.pack.BadRow;
import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.RowProblem;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.secret.Redaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rows that were left out, each exactly once, in bounded lines. */
final class QuarantineTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BAD = 2 * QuarantineFolder.ROWS_PER_FILE + 345;

  @TempDir private Path folder;

  private static JsonNode line(RowProblem problem, String line, String[] cells, String... columns)
      throws IOException {
    String text =
        QuarantineLine.of(
            new BadRow(0, "/data/a \"b\".csv", 7, problem, line, cells), List.of(columns));
    assertThat(text).doesNotContain("\n").doesNotContain("\r");
    return JSON.readTree(text);
  }

  private static RowProblem problem(String column, String value) {
    return new RowProblem(RowProblem.Reason.NOT_NUMERIC, column, value, "no number", "mend it");
  }

  @Test
  void aLineHoldsPlaceReasonAndRow() throws IOException {
    JsonNode row =
        line(problem("x", "a\u0000\n\"b\""), null, new String[] {"a\u0000\n\"b\"", null}, "x", "y");
    assertThat(row.path("file").asText()).isEqualTo("/data/a \"b\".csv");
    assertThat(row.path("row").asInt()).isEqualTo(7);
    assertThat(row.path("column").asText()).isEqualTo("x");
    assertThat(row.path("value").asText()).isEqualTo("a\u0000\n\"b\"");
    assertThat(row.path("reason").asText()).isEqualTo("notNumeric");
    assertThat(row.path("finding").asText()).isEqualTo("no number");
    assertThat(row.path("cells").path("x").asText()).isEqualTo("a\u0000\n\"b\"");
    assertThat(row.path("cells").path("y").isNull()).isTrue();
    assertThat(row.has("truncated")).isFalse();
  }

  /** An executor does not know what must not be shown: the driver has said what to call a file. */
  @Test
  void aFileIsCalledWhatTheDriverCallsIt() throws IOException {
    BadRow row = new BadRow(0, "/a?sig=shown", 1, problem("x", "q"), null, new String[] {"q"});
    assertThat(JSON.readTree(QuarantineLine.of(row, List.of("x"))).path("file").asText())
        .isEqualTo("/a?sig=shown");
  }

  @Test
  void longTextsAreCutAndSaidToBe() throws IOException {
    String huge = "7".repeat(QuarantineLine.MAX_CELL - 1) + "\uD83D\uDE00" + "7".repeat(1 << 20);
    JsonNode cell = line(problem("x", huge), null, new String[] {huge, "1"}, "x", "y");
    assertThat(cell.path("truncated").asBoolean()).isTrue();
    assertThat(cell.path("value").asText()).isEqualTo("7".repeat(QuarantineLine.MAX_CELL - 1));
    assertThat(cell.path("cells").path("x").asText()).hasSize(QuarantineLine.MAX_CELL - 1);
    JsonNode whole = line(problem(null, null), huge, null);
    assertThat(whole.path("line").asText()).hasSize(QuarantineLine.MAX_ROW);
    assertThat(whole.path("truncated").asBoolean()).isTrue();

    String[] cells = new String[100_000];
    String[] columns = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = "1.25";
      columns[i] = "c" + i;
    }
    JsonNode wide = line(problem("c0", "1"), null, cells, columns);
    assertThat(wide.path("truncated").asBoolean()).isTrue();
    assertThat(wide.toString().length()).isLessThan(3 * QuarantineLine.MAX_ROW);
  }

  private DataSettings settings(Path data) {
    return new DataSettings(
        new DataLocation.Csv(List.of(data.toString())),
        Map.of("header", "true"),
        "label",
        List.of(),
        null,
        List.of(),
        null,
        new HeldOut.Fraction(0),
        new HeldOut.Fraction(0),
        1,
        Normalization.NONE,
        null,
        new BadRowSettings(BadRowMode.QUARANTINE, 1),
        List.of());
  }

  private static List<String> names(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void manyRowsFillFilesInTheirOrderWhoeverWrites() throws IOException {
    List<String> lines = new ArrayList<>(List.of("x,label"));
    for (int row = 0; row < BAD; row++) {
      lines.add("bad" + row + ",p");
      if (row % 50 == 0) {
        lines.add(row + "," + (row % 100 == 0 ? "p" : "q"));
      }
    }
    Path data = Files.write(folder.resolve("data.csv?sig=abcd"), lines);
    String shown = folder.resolve("data.csv?sig=" + Redaction.MARK).toString();
    try (SparkSession session =
        SparkStart.start(
            "quarantine", "local[2]", Map.of("spark.sql.files.maxPartitionBytes", "40000"))) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      try (PreparedData prepared = DataPreparation.prepare(spark, settings(data), 2, 2)) {
        assertThat(prepared.badRows().get(0).count()).isEqualTo(BAD);
        List<List<String>> contents = new ArrayList<>();
        for (boolean executorsWrite : new boolean[] {true, false}) {
          Path run = folder.resolve("run" + executorsWrite);
          Files.createDirectories(run.resolve(".quarantine.partial/leftover"));
          Files.createDirectories(run.resolve("quarantine/earlier"));
          QuarantineFolder quarantine =
              new QuarantineFolder(
                  spark, RunFolder.at(run.toString(), spark.hadoopConfiguration()), executorsWrite);
          String place = quarantine.keep(prepared.badRows());
          assertThat(place).isEqualTo(run.resolve("quarantine").toString());
          assertThat(names(run)).containsExactly("quarantine");
          assertThat(names(run.resolve("quarantine")))
              .containsExactly("train-00000.jsonl", "train-00001.jsonl", "train-00002.jsonl");
          List<String> all = new ArrayList<>();
          for (String file : names(run.resolve("quarantine"))) {
            all.addAll(Files.readAllLines(run.resolve("quarantine").resolve(file)));
          }
          contents.add(all);
          assertThat(quarantine.keep(List.of())).isNull();
          assertThat(names(run)).isEmpty();
        }
        assertThat(contents.get(0)).hasSize(BAD).isEqualTo(contents.get(1));
        for (int row = 0; row < BAD; row++) {
          JsonNode kept = JSON.readTree(contents.get(0).get(row));
          assertThat(kept.path("file").asText()).isEqualTo(shown);
          assertThat(kept.path("value").asText()).isEqualTo("bad" + row);
          assertThat(kept.path("row").asLong()).isEqualTo(row + (row + 49) / 50 + 1L);
        }
      }
    }
  }
}
