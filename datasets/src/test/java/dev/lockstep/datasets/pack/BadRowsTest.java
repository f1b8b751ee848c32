package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.RowProblem.Reason;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data whose bad rows are left out are the data that somebody took these rows out of. */
class BadRowsTest {
  private static final int FEW = 8;
  private static final String SEPARATOR = "\u0001";

  @TempDir Path folder;

  /** A kind of damage, and how it is told. */
  private record Damage(String line, Reason reason, String column) {}

  /** A row that was damaged. */
  private record Place(String file, long row, Reason reason, String column) {}

  @AfterEach
  @AfterTry
  void nothingStays() {
    TestSpark.session().conf().unset("spark.sql.files.maxPartitionBytes");
    assertThat(TestSpark.context().getPersistentRDDs()).isEmpty();
  }

  private static void readInPiecesOf(int bytes) {
    TestSpark.session().conf().set("spark.sql.files.maxPartitionBytes", Integer.toString(bytes));
  }

  /** What leaving rows out must not change. */
  private static List<String> facts(PreparedData data) {
    List<String> facts = new ArrayList<>(List.of(data.fingerprint(), data.task().key()));
    facts.add(data.preprocessing().classLabels().toString());
    facts.add(data.preprocessing().columns().toString());
    for (int j = 0; j < data.preprocessing().offset().length; j++) {
      facts.add(data.preprocessing().offset()[j] + " " + data.preprocessing().scale()[j]);
    }
    facts.addAll(Fixtures.contents(data.train()));
    data.validation().ifPresent(split -> facts.addAll(Fixtures.contents(split)));
    data.test().ifPresent(split -> facts.addAll(Fixtures.contents(split)));
    return facts;
  }

  /** Rank, file, row, reason, column, value, line, cells of every bad row, in order. */
  private static List<List<String>> fields(BadRows badRows) {
    List<List<String>> rows = new ArrayList<>();
    // What names are made with stays on the driver, so it need not have a form for the wire.
    Set<String> named = new HashSet<>();
    UnaryOperator<String> shown =
        file -> {
          named.add(file);
          return "shown " + file;
        };
    for (String text : badRows.rows(shown).map(BadRowsTest::text).collect()) {
      List<String> row = new ArrayList<>(List.of(text.split(SEPARATOR)));
      assertThat(row.get(1)).startsWith("shown ");
      row.set(1, row.get(1).substring("shown ".length()));
      assertThat(named).contains(row.get(1));
      rows.add(row);
    }
    rows.sort(Comparator.comparingLong(row -> Long.parseLong(row.get(0))));
    return rows;
  }

  private static String text(BadRow row) {
    return String.join(
        SEPARATOR,
        Long.toString(row.rank()),
        row.file(),
        Long.toString(row.row()),
        row.problem().reason().name(),
        String.valueOf(row.problem().column()),
        String.valueOf(row.problem().value()),
        String.valueOf(row.line()),
        Arrays.toString(row.cells()));
  }

  private static List<Place> places(BadRows badRows) {
    List<List<String>> rows = fields(badRows);
    List<Place> places = new ArrayList<>();
    for (int rank = 0; rank < rows.size(); rank++) {
      List<String> row = rows.get(rank);
      assertThat(row.get(0)).isEqualTo(Integer.toString(rank));
      String column = row.get(4).equals("null") ? null : row.get(4);
      places.add(
          new Place(row.get(1), Long.parseLong(row.get(2)), Reason.valueOf(row.get(3)), column));
    }
    return places;
  }

  private static void remove(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /**
   * Writes rows into some files, and again with some of them damaged.
   *
   * @param damages what may happen to a row
   * @return the damaged rows in order
   */
  private static List<Place> write(
      Random random,
      Path clean,
      Path dirty,
      String header,
      List<String> rows,
      int damaged,
      List<Damage> damages) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rows.size() + damaged; i++) {
      order.add(i < rows.size() ? i : -1);
    }
    // Good rows keep their order; bad ones come between them anywhere.
    Collections.shuffle(order, random);
    int good = 0;
    int files = 1 + random.nextInt(3);
    List<Place> places = new ArrayList<>();
    List<List<String>> cleanFiles = new ArrayList<>();
    List<List<String>> dirtyFiles = new ArrayList<>();
    for (int file = 0; file < files; file++) {
      cleanFiles.add(new ArrayList<>(header == null ? List.of() : List.of(header)));
      dirtyFiles.add(new ArrayList<>(header == null ? List.of() : List.of(header)));
    }
    for (int i = 0; i < order.size(); i++) {
      int file = i * files / order.size();
      List<String> lines = dirtyFiles.get(file);
      if (order.get(i) >= 0) {
        cleanFiles.get(file).add(rows.get(good));
        lines.add(rows.get(good++));
      } else {
        Damage damage = damages.get(random.nextInt(damages.size()));
        lines.add(damage.line());
        places.add(
            new Place(
                dirty.resolve("part" + file).toString(),
                lines.size() - (header == null ? 0 : 1),
                damage.reason(),
                damage.column()));
      }
    }
    for (int file = 0; file < files; file++) {
      Fixtures.write(clean.resolve("part" + file), cleanFiles.get(file).toArray(String[]::new));
      Fixtures.write(dirty.resolve("part" + file), dirtyFiles.get(file).toArray(String[]::new));
    }
    return places;
  }

  private static void assertSameAsCleaned(
      Settings clean, Settings dirty, List<Place> expected, int good, Random random) {
    List<String> wanted;
    try (PreparedData data = clean.prepare(3, 2)) {
      wanted = facts(data);
      assertThat(data.badRows()).allSatisfy(rows -> assertThat(rows.count()).isZero());
    }
    for (BadRowMode mode : List.of(BadRowMode.SKIP, BadRowMode.QUARANTINE)) {
      readInPiecesOf(20 + random.nextInt(3000));
      try (PreparedData data = dirty.badRows(mode, 1).prepare(3, 1 + random.nextInt(3))) {
        assertThat(facts(data)).isEqualTo(wanted);
        BadRows badRows = data.badRows().get(0);
        assertThat(badRows.count()).isEqualTo(expected.size());
        assertThat(badRows.total()).isEqualTo(good + expected.size());
        Map<Reason, Long> byReason = new EnumMap<>(Reason.class);
        expected.forEach(place -> byReason.merge(place.reason(), 1L, Long::sum));
        assertThat(badRows.byReason()).isEqualTo(byReason);
        assertThat(badRows.first()).hasSize(Math.min(3, expected.size()));
        assertThat(places(badRows)).isEqualTo(expected);
      }
    }
    TestSpark.session().conf().unset("spark.sql.files.maxPartitionBytes");
  }

  @Property(tries = FEW, shrinking = ShrinkingMode.OFF)
  void csvIsAsIfItHadBeenCleaned(
      @ForAll long seed,
      @ForAll @IntRange(min = 30, max = 300) int good,
      @ForAll @IntRange(max = 60) int damaged,
      @ForAll @IntRange(max = 2) int labels)
      throws IOException {
    Random random = new Random(seed);
    List<Damage> damages =
        new ArrayList<>(
            List.of(
                new Damage("abc,1,1,0", Reason.NOT_NUMERIC, "x"),
                new Damage("1,,1,0", Reason.EMPTY, "y"),
                new Damage("1,inf,1,1", Reason.NOT_FINITE, "y"),
                new Damage("1,1e999,1,1", Reason.NOT_FINITE, "y"),
                new Damage("1,2,-1,0", Reason.NEGATIVE_WEIGHT, "w"),
                new Damage("1,2,heavy,0", Reason.NOT_NUMERIC, "w"),
                new Damage("1,2,1,", Reason.EMPTY, "label"),
                new Damage("1,2", Reason.WRONG_CELL_COUNT, null),
                new Damage("1,2,1,0,9", Reason.WRONG_CELL_COUNT, null)));
    if (labels > 0) {
      damages.add(new Damage("1,2,1,NaN", Reason.NOT_FINITE, "label"));
    }
    if (labels > 1) {
      damages.add(new Damage("1,2,1,high", Reason.NOT_NUMERIC, "label"));
    }
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < good; i++) {
      String label =
          switch (labels) {
            case 0 -> i % 2 == 0 ? "p" : "q";
            case 1 -> Integer.toString(i % 3);
            default -> Float.toString(random.nextFloat());
          };
      // The smallest split has three rows, and one of them needs a weight above 0.
      int weight = i < 2 ? 0 : 1 + random.nextInt(2);
      rows.add(random.nextInt(1000) + "," + random.nextFloat() + "," + weight + "," + label);
    }
    Path root = Files.createTempDirectory("bad-rows");
    List<Place> expected =
        write(
            random,
            root.resolve("clean"),
            root.resolve("dirty"),
            "x,y,w,label",
            rows,
            damaged,
            damages);
    Task task = labels == 2 ? Task.REGRESSION : labels == 0 ? Task.CLASSIFICATION : null;
    assertSameAsCleaned(
        settings(Settings.csv(root.resolve("clean")), task).weight("w"),
        settings(Settings.csv(root.resolve("dirty")), task).weight("w"),
        expected,
        good,
        random);
    remove(root);
  }

  private static Settings settings(Settings settings, Task task) {
    return settings.task(task).fractions(0.2, 0.1).normalize(Normalization.STANDARD);
  }

  @Property(tries = FEW, shrinking = ShrinkingMode.OFF)
  void libSvmIsAsIfItHadBeenCleaned(
      @ForAll long seed,
      @ForAll @IntRange(min = 30, max = 300) int good,
      @ForAll @IntRange(max = 60) int damaged)
      throws IOException {
    Random random = new Random(seed);
    List<Damage> damages =
        List.of(
            new Damage("1 1:2 x", Reason.MALFORMED, null),
            new Damage("1 0:1 2:3", Reason.MALFORMED, null),
            new Damage("1 3:1 2:3", Reason.MALFORMED, null),
            new Damage("1:2 2:3", Reason.MALFORMED, null),
            new Damage("0 9:abc", Reason.NOT_NUMERIC, "f9"),
            new Damage("0 1:1 2:", Reason.EMPTY, "f2"),
            new Damage("nan 1:1", Reason.NOT_FINITE, "label"));
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < good; i++) {
      rows.add(
          i % 2
              + (i % 3 == 0 ? "" : " 1:" + random.nextInt(9))
              + (" 2:" + random.nextFloat())
              + (i % 5 == 0 ? " 4:1 # four" : ""));
    }
    Path root = Files.createTempDirectory("bad-rows");
    List<Place> expected =
        write(random, root.resolve("clean"), root.resolve("dirty"), null, rows, damaged, damages);
    assertSameAsCleaned(
        settings(libSvm(root.resolve("clean")), null),
        settings(libSvm(root.resolve("dirty")), null),
        expected,
        good,
        random);
    remove(root);
  }

  private static Settings libSvm(Path path) {
    return Settings.of(new DataLocation.LibSvm(List.of(path.toString()))).options(Map.of());
  }

  private Path csv(String name, String... lines) {
    return Fixtures.write(folder.resolve(name), lines);
  }

  private static LockstepException refused(Settings settings) {
    LockstepException error =
        catchThrowableOfType(LockstepException.class, () -> settings.prepare(1, 1).close());
    assertThat(error).isNotNull();
    return error;
  }

  @Test
  void theRowItselfIsKept() {
    Path file =
        csv("data.csv", "x,note,label", "1,\"a, b\",p", "abc,\"c\"\"d\",q", "2,e", "3,,q", "4,,p");
    try (PreparedData data =
        Settings.csv(file).features("x").badRows(BadRowMode.QUARANTINE, 1).prepare(1, 1)) {
      BadRows badRows = data.badRows().get(0);
      assertThat(badRows.columns()).containsExactly("x", "note", "label");
      assertThat(badRows.describe())
          .isEqualTo("2 of 5 rows of the training data (wrongCellCount 1, notNumeric 1)");
      assertThat(badRows.first())
          .containsExactly(
              file + ", row 2, column 'x': 'abc' is not a number.",
              file + ", row 3: a row has 2 cells where 3 are expected: '2,e'.");
      List<List<String>> rows = fields(badRows);
      assertThat(rows.get(0).subList(5, 8)).containsExactly("abc", "null", "[abc, c\"d, q]");
      assertThat(rows.get(1).subList(5, 8)).containsExactly("null", "2,e", "null");
    }
  }

  @Test
  void recordsOfSeveralLinesAreRows() {
    Path file =
        csv(
            "data.csv",
            "x,note,label",
            "1,\"two",
            "lines\",p",
            "abc,\"bad",
            "lines\",q",
            "2,\"too",
            "many\",q,3",
            "5,x,q");
    try (PreparedData data =
        Settings.csv(file)
            .options(Map.of("header", "true", "multiLine", "true"))
            .features("x")
            .badRows(BadRowMode.SKIP, 1)
            .prepare(1, 1)) {
      assertThat(Fixtures.column(data.train(), 0)).containsExactly(1, 5);
      BadRows badRows = data.badRows().get(0);
      assertThat(places(badRows))
          .containsExactly(
              new Place(file.toString(), 2, Reason.NOT_NUMERIC, "x"),
              new Place(file.toString(), 3, Reason.WRONG_CELL_COUNT, null));
      List<List<String>> rows = fields(badRows);
      assertThat(rows.get(0).get(7)).isEqualTo("[abc, bad\nlines, q]");
      assertThat(rows.get(1).get(6).strip()).isEqualTo("2,\"too\nmany\",q,3");
    }
  }

  @Test
  void moreThanTheLimitIsRefusedAndKeptFirst() {
    Path file =
        csv(
            "data.csv",
            "x,label",
            "1,p",
            "2,q",
            "a,p",
            "b,q",
            "c,p",
            "d,q",
            "7,q",
            "8,p",
            "9,q",
            "10,p");
    List<List<Place>> kept = new ArrayList<>();
    Quarantine quarantine =
        badRows -> {
          badRows.forEach(rows -> kept.add(places(rows)));
          return "the cellar";
        };
    LockstepException error =
        catchThrowableOfType(
            LockstepException.class,
            () ->
                DataPreparation.prepare(
                    TestSpark.context(),
                    Settings.csv(file).badRows(BadRowMode.QUARANTINE, 0.399).build(),
                    false,
                    1,
                    1,
                    quarantine,
                    TrainingCheck.NONE));
    assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
    assertThat(error)
        .hasMessage(
            "4 of 10 rows of the training data (notNumeric 4) cannot be used, a share of 0.4 where"
                + " data.maxBadFraction allows 0.399. The first of them: "
                + (file + ", row 3, column 'x': 'a' is not a number. ")
                + (file + ", row 4, column 'x': 'b' is not a number. ")
                + (file + ", row 5, column 'x': 'c' is not a number. ")
                + "They are kept in the cellar. Correct the data, or raise data.maxBadFraction.");
    assertThat(kept).hasSize(1);
    assertThat(kept.get(0)).hasSize(4);
    Settings.csv(file).badRows(BadRowMode.SKIP, 0.4).prepare(1, 1).close();
  }

  @Test
  void nothingButBadRows() {
    Path file = csv("data.csv", "x,label", "a,p", "b,q");
    assertThat(refused(Settings.csv(file).badRows(BadRowMode.SKIP, 1)))
        .hasMessage(
            file
                + " holds no row that can be used: all 2 are bad. The first: "
                + (file + ", row 1, column 'x': 'a' is not a number."));
    Path labels = csv("labels.csv", "x,label", "1,nan", "2,inf");
    assertThat(refused(Settings.csv(labels).badRows(BadRowMode.SKIP, 1)))
        .hasMessageStartingWith(labels + " holds no row");
  }

  @Test
  void aHeaderOfOtherColumnsIsNoBadRow() {
    csv("files/a.csv", "x,label", "1,p", "2,q");
    csv("files/b.csv", "label,x", "p,1", "q,2");
    assertThat(refused(Settings.csv(folder.resolve("files")).badRows(BadRowMode.SKIP, 1)))
        .hasMessageContaining("b.csv, header: column 1 is named 'label', and 'x' in the first");
  }

  @Test
  void eachSourceHasItsOwnLimitAndCounts() {
    Path train = csv("train.csv", "x,label", "1,p", "2,q", "3,p", "no,q");
    Path validation = csv("validation.csv", "x,label", "1,p", "2,r", "3,q", "4,s");
    Settings settings =
        Settings.csv(train).separate(new DataLocation.Csv(List.of(validation.toString())));
    assertThat(refused(settings.badRows(BadRowMode.SKIP, 0.4)))
        .hasMessageStartingWith("2 of 4 rows of the validation data (unknownLabel 2)");
    try (PreparedData data = settings.badRows(BadRowMode.SKIP, 0.5).prepare(1, 1)) {
      assertThat(data.train().examples()).isEqualTo(3);
      assertThat(data.validation().orElseThrow().examples()).isEqualTo(2);
      assertThat(data.badRows()).map(BadRows::split).containsExactly(Split.TRAIN, Split.VALIDATION);
      assertThat(data.badRows()).map(BadRows::count).containsExactly(1L, 2L);
      assertThat(data.badRows().get(1).first())
          .containsExactly(
              validation + ", row 2, column 'label': 'r' is not one of the 2 known classes: p, q.",
              validation + ", row 4, column 'label': 's' is not one of the 2 known classes: p, q.");
    }
    assertThat(settings.build().validation()).isInstanceOf(HeldOut.Separate.class);
  }

  @Test
  void levelsOfLeftOutRowsDoNotCount() {
    String[] lines = {
      "city,x,label", "rome,1,p", "oslo,2,q", "paris,bad,p", "rome,4,q", "oslo,5,p"
    };
    Path file = csv("data.csv", lines);
    try (PreparedData data =
        Settings.csv(file)
            .categorical("city")
            .fractions(0.2, 0)
            .badRows(BadRowMode.SKIP, 1)
            .prepare(1, 1)) {
      assertThat(data.preprocessing().categorical().get(0).levels()).doesNotContain("paris");
    }
  }

  @Test
  void aBrokenLineDoesNotWidenTheRows() {
    Path file = Fixtures.write(folder.resolve("d.libsvm"), "0 1:2", "1 2:3", "1 5:1 4000:x");
    try (PreparedData data = libSvm(file).badRows(BadRowMode.SKIP, 1).prepare(1, 1)) {
      assertThat(data.preprocessing().columns()).containsExactly("f1", "f2");
    }
    Path broken = Fixtures.write(folder.resolve("e.libsvm"), "1 5:1 7:x");
    assertThat(refused(libSvm(broken)))
        .hasMessageContaining("e.libsvm, row 1, column 'f7': 'x' is not a number.");
  }

  @Test
  void rowsThatChangeBetweenThePassesAreNoticed() throws IOException {
    Path file = csv("data.csv", "x,label", "1,p", "2,q", "a,p", "4,q");
    try (PreparedData data = Settings.csv(file).badRows(BadRowMode.SKIP, 1).prepare(1, 1)) {
      Files.writeString(file, "x,label\n1,p\n2,q\na,p\nb,q\n");
      assertThat(
              catchThrowableOfType(
                  Exception.class,
                  () -> data.badRows().get(0).rows(UnaryOperator.identity()).count()))
          .hasStackTraceContaining("has changed while it was read");
    }
  }
}
