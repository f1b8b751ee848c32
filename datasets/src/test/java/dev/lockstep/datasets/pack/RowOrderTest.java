package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.Normalization;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the cut into files, splits and partitions: the same shards, bit for bit. */
class RowOrderTest {
  private static final int ROWS = 400;
  private static final List<String> READER_SETTINGS =
      List.of(
          "spark.sql.files.maxPartitionBytes",
          "spark.sql.files.openCostInBytes",
          "spark.sql.files.minPartitionNum");

  @TempDir Path folder;

  @AfterEach
  void restoreSettings() {
    for (String key : READER_SETTINGS) {
      TestSpark.session().conf().unset(key);
    }
  }

  private static String line(int row) {
    return row + "," + (row * 37 % 1001) / 8.0 + "," + "cba".charAt(row % 3) + "," + (1 + row % 5);
  }

  private static List<String> lines(int from, int to) {
    List<String> lines = new ArrayList<>();
    lines.add("number,value,label,weight");
    for (int row = from; row < to; row++) {
      lines.add(line(row));
    }
    return lines;
  }

  private static void read(String key, String value) {
    TestSpark.session().conf().set(key, value);
  }

  /** Everything that must not depend on the layout. */
  private static List<String> everything(Settings settings, int partitions) {
    settings.weight("weight").fractions(0.2, 0.1).normalize(Normalization.STANDARD);
    try (PreparedData data = settings.prepare(7, partitions)) {
      List<String> all = new ArrayList<>(Fixtures.contents(data.train()));
      all.addAll(Fixtures.contents(data.validation().orElseThrow()));
      all.addAll(Fixtures.contents(data.test().orElseThrow()));
      all.add(data.fingerprint());
      all.add(data.preprocessing().classLabels().toString());
      return all;
    }
  }

  @Test
  void theLayoutDoesNotMatter() throws IOException {
    Path one = Fixtures.write(folder.resolve("one/all.csv"), lines(0, ROWS).toArray(new String[0]));
    List<String> expected = everything(Settings.csv(one), 1);

    Path ten = folder.resolve("ten");
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int from = i * i * 4;
      int to = (i + 1) * (i + 1) * 4;
      files.add(
          Fixtures.write(
              ten.resolve("part-" + i + ".csv"), lines(from, to).toArray(new String[0])));
    }
    List<Path> backwards = new ArrayList<>(files);
    Collections.reverse(backwards);
    Path compressed = folder.resolve("compressed");
    Files.createDirectories(compressed);
    for (Path file : files) {
      try (OutputStream stream =
          new GZIPOutputStream(
              Files.newOutputStream(compressed.resolve(file.getFileName() + ".gz")))) {
        stream.write(Files.readAllBytes(file));
      }
    }

    assertThat(everything(Settings.csv(one), 3)).isEqualTo(expected);
    assertThat(everything(Settings.csv(one), 9)).isEqualTo(expected);
    assertThat(everything(Settings.csv(ten), 2)).isEqualTo(expected);
    assertThat(everything(Settings.csv(backwards.toArray(new Path[0])), 2)).isEqualTo(expected);
    assertThat(
            everything(Settings.csv(ten.resolve("part-*.csv"), ten.resolve("part-[0-4].csv")), 2))
        .isEqualTo(expected);
    assertThat(everything(Settings.csv(compressed), 2)).isEqualTo(expected);

    for (String bytes : List.of("777", "3333")) {
      read("spark.sql.files.maxPartitionBytes", bytes);
      assertThat(everything(Settings.csv(one), 2))
          .as("one file in splits of %s bytes", bytes)
          .isEqualTo(expected);
      assertThat(everything(Settings.csv(ten), 2))
          .as("ten files in splits of %s bytes", bytes)
          .isEqualTo(expected);
    }
    read("spark.sql.files.openCostInBytes", "1");
    assertThat(everything(Settings.csv(ten), 2)).isEqualTo(expected);
    read("spark.sql.files.maxPartitionBytes", "1000000");
    read("spark.sql.files.minPartitionNum", "50");
    assertThat(everything(Settings.csv(one), 2)).isEqualTo(expected);
    assertThat(everything(Settings.csv(ten), 2)).isEqualTo(expected);
  }

  @Test
  void rowsKeepTheOrderOfTheFile() {
    Path file = Fixtures.write(folder.resolve("all.csv"), lines(0, 100).toArray(new String[0]));
    read("spark.sql.files.maxPartitionBytes", "200");
    try (PreparedData data = Settings.csv(file).prepare(3, 2)) {
      List<Integer> numbers = Fixtures.column(data.train(), 0);
      for (int row = 0; row < 100; row++) {
        assertThat(numbers.get(row)).isEqualTo(row);
      }
    }
  }

  @Test
  void filesAreTakenInPathOrder() {
    Path b = Fixtures.write(folder.resolve("b.csv"), "x,label", "3,p", "4,q");
    Path a = Fixtures.write(folder.resolve("a.csv"), "x,label", "1,p", "2,q");
    try (PreparedData data = Settings.csv(b, a).prepare(2, 1)) {
      assertThat(Fixtures.column(data.train(), 0)).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void namesWithSpacesPercentSignsAndBracketsAreFiles() {
    Path odd = Fixtures.write(folder.resolve("odd name%20 [1].csv"), "x,label", "1,p", "2,q");
    Fixtures.write(folder.resolve("odd name%20 1.csv"), "x,label", "7,p", "8,q");
    try (PreparedData data = Settings.csv(odd).prepare(2, 1)) {
      assertThat(Fixtures.column(data.train(), 0)).containsExactly(1, 2);
    }
  }

  @Test
  void libSvmFilesHaveTheSameOrderHoweverTheyAreSplit() {
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < 300; row++) {
      lines.add(
          row % 2
              + " 1:"
              + row
              + (row % 3 == 0 ? "" : " 5:0.5")
              + (row % 50 == 0 ? " # a comment" : ""));
      if (row % 70 == 0) {
        lines.add("");
      }
    }
    Path one = Fixtures.write(folder.resolve("one.libsvm"), lines.toArray(new String[0]));
    Path first =
        Fixtures.write(
            folder.resolve("two/a.libsvm"), lines.subList(0, 120).toArray(new String[0]));
    Fixtures.write(
        folder.resolve("two/b.libsvm"), lines.subList(120, lines.size()).toArray(new String[0]));
    List<String> expected = libSvm(one);
    read("spark.sql.files.maxPartitionBytes", "150");
    assertThat(libSvm(one)).isEqualTo(expected);
    assertThat(libSvm(first.getParent())).isEqualTo(expected);
    assertThat(expected).hasSize(8);
  }

  private static List<String> libSvm(Path path) {
    Settings settings =
        Settings.of(new DataLocation.LibSvm(List.of(path.toString()))).options(Map.of());
    try (PreparedData data = settings.fractions(0, 0.25).prepare(4, 3)) {
      List<String> all = Fixtures.contents(data.train());
      all.addAll(Fixtures.contents(data.test().orElseThrow()));
      return all;
    }
  }

  @Test
  void quotedLineBreaksWorkWithMultiLine() {
    Path file = folder.resolve("quoted.csv");
    Fixtures.write(file, "x,label", "1,\"two\nlines\"", "2,one");
    try (PreparedData data =
        Settings.csv(file).options(Map.of("header", "true", "multiLine", "true")).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("one", "two\nlines");
    }
  }

  @Test
  void quotesInsideQuotedCellsAreDoubledUnlessAnEscapeIsChosen() {
    Path doubled = folder.resolve("doubled.csv");
    Fixtures.write(doubled, "x,label", "1,\"say \"\"a, b\"\"\"", "2,one");
    try (PreparedData data = Settings.csv(doubled).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("one", "say \"a, b\"");
    }
    Path escaped = folder.resolve("escaped.csv");
    Fixtures.write(escaped, "x,label", "1,\"say \\\"a, b\\\"\"", "2,one");
    try (PreparedData data =
        Settings.csv(escaped).options(Map.of("header", "true", "escape", "\\")).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("one", "say \"a, b\"");
    }
  }

  @Test
  void windowsLineEndsAndByteOrderMarksDoNotMatter() throws IOException {
    Path file = folder.resolve("windows.csv");
    Files.write(file, "\uFEFFx,label\r\n1,p\r\n2,q\r\n".getBytes(StandardCharsets.UTF_8));
    try (PreparedData data = Settings.csv(file).prepare(1, 1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("x");
      assertThat(data.preprocessing().classLabels()).containsExactly("p", "q");
    }
  }
}
