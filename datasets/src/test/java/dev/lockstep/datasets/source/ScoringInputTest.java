package dev.lockstep.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.datasets.pack.TestSpark;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.Preprocessing;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoringInputTest {
  private static final Map<String, String> HEADER = Map.of("header", "true");

  @TempDir Path folder;

  private static Preprocessing model(String... features) {
    return new Preprocessing(
        List.of(features),
        "label",
        List.of("p", "q"),
        "none",
        new double[features.length],
        new double[features.length]);
  }

  private Path csv(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static ScoringInput open(
      DataLocation location, Map<String, String> options, Preprocessing model) {
    return ScoringInput.open(TestSpark.session(), location, options, model);
  }

  private static List<Row> rows(ScoringInput input) {
    return TestSpark.session()
        .createDataFrame(input.rows().map(ScoringRow::row), input.schema())
        .collectAsList();
  }

  /** What is wrong with each row, said to be the seventh; empty for good ones. */
  private static List<String> problems(ScoringInput input) {
    return input
        .rows()
        .map(row -> row.problem() == null ? "" : row.problem().describe(row.file(), 7))
        .collect();
  }

  private static DataLocation.Csv at(Path path) {
    return new DataLocation.Csv(List.of(path.toString()));
  }

  @Test
  void csvColumnsStayAsTheyWere() throws IOException {
    Path file = csv("in.csv", "id,b,na me,a\n007,2,\"x,y\",1.50\n8,4,,3\n");
    ScoringInput input = open(at(file), HEADER, model("a", "b"));
    assertThat(input.schema().fieldNames()).containsExactly("id", "b", "na me", "a");
    assertThat(input.features().count()).isEqualTo(2);
    List<Row> rows = rows(input);
    assertThat(rows.get(0).mkString("|")).isEqualTo("007|2|x,y|1.50");
    assertThat(rows.get(1).isNullAt(2)).isTrue();
    float[] values = {9, 9, 9, 9};
    input.features().read(rows.get(0), values, 1);
    assertThat(values).containsExactly(9, 1.5f, 2, 9);
  }

  @Test
  void featuresAreReadInTasks() throws IOException {
    Path file = csv("in.csv", "b,a\n2,1\n4,3\n");
    ScoringInput input = open(at(file), HEADER, model("a", "b"));
    RowFeatures features = input.features();
    List<String> read =
        input
            .rows()
            .map(
                row -> {
                  float[] values = new float[2];
                  features.read(row.row(), values, 0);
                  return values[0] + "," + values[1];
                })
            .collect();
    assertThat(read).containsExactly("1.0,2.0", "3.0,4.0");
  }

  @Test
  void aMissingColumnIsFoundWhenOpening() throws IOException {
    Path file = csv("in.csv", "id,b\n1,2\n");
    assertThatThrownBy(() -> open(at(file), HEADER, model("a", "b")))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("in.csv has no column 'a'")
        .hasMessageContaining("Its columns are id, b.");
  }

  @Test
  void aBadCellNamesColumnAndValue() throws IOException {
    Path file = csv("in.csv", "a,b\n1,oops\n1,\n");
    ScoringInput input = open(at(file), HEADER, model("a", "b"));
    List<Row> rows = rows(input);
    RowProblem first = input.features().read(rows.get(0), new float[2], 0);
    assertThat(first.column()).isEqualTo("b");
    assertThat(first.describe("file:/in.csv", 1))
        .startsWith("/in.csv, row 1, column 'b': 'oops' is not a number.");
    RowProblem second = input.features().read(rows.get(1), new float[2], 0);
    assertThat(second.reason()).isEqualTo(RowProblem.Reason.EMPTY);
    assertThat(second.explanation()).startsWith("the cell is empty");
  }

  @Test
  void raggedRowsAndOtherHeadersAreProblems() throws IOException {
    Path ragged = csv("ragged.csv", "a,b\n1,2\n3\n");
    ScoringInput input = open(at(ragged), HEADER, model("a", "b"));
    Path other = csv("sagged.csv", "b,a\n1,2\n");
    ScoringInput two =
        open(
            new DataLocation.Csv(
                List.of(other.toString(), csv("first.csv", "a,b\n1,2\n").toString())),
            HEADER,
            model("a", "b"));
    assertThat(problems(input))
        .containsExactly(
            "",
            ragged
                + ", row 7: a row has 1 cells where 2 are expected: '3'. Correct or remove it; text"
                + " that holds the separator must stand in quotes.");
    assertThat(problems(two).get(1))
        .startsWith(
            other + ", header: column 1 is named 'b', and 'a' in the first file. All files");
  }

  @Test
  void libSvmRowsKeepTheirPairs() throws IOException {
    Path file = csv("in.libsvm", "1 1:0.5 9:3 # comment\n\n0 2:2\n1\n");
    Path unlabeled = csv("unlabeled.libsvm", "1:2 2:1\n");
    ScoringInput input =
        open(new DataLocation.LibSvm(List.of(file.toString())), Map.of(), model("f1", "f2"));
    assertThat(input.schema().fieldNames()).containsExactly("label", "features");
    List<Row> rows = rows(input);
    assertThat(rows).hasSize(3);
    assertThat(rows.get(0).mkString("|")).isEqualTo("1|1:0.5 9:3");
    float[] values = {9, 9};
    input.features().read(rows.get(0), values, 0);
    assertThat(values).containsExactly(0.5f, 0);
    input.features().read(rows.get(1), values, 0);
    assertThat(values).containsExactly(0, 2);
    input.features().read(rows.get(2), values, 0);
    assertThat(values).containsExactly(0, 0);
    ScoringInput withoutLabels =
        open(new DataLocation.LibSvm(List.of(unlabeled.toString())), Map.of(), model("f1", "f2"));
    assertThat(problems(withoutLabels).get(0)).contains("row 7: the line starts with '1:2 2:1'");
    assertThatThrownBy(
            () -> open(new DataLocation.LibSvm(List.of(file.toString())), Map.of(), model("age")))
        .hasMessageContaining("The model needs the column 'age'");
  }

  @Test
  void bundledAndSyntheticRowsHaveTheirColumns() {
    ScoringInput iris = open(new DataLocation.Bundled("iris"), Map.of(), model("petal width (cm)"));
    assertThat(iris.schema().fieldNames()).hasSize(5).endsWith("label");
    assertThat(iris.schema().apply("label").dataType()).isEqualTo(DataTypes.StringType);
    Row first = rows(iris).get(0);
    float[] values = new float[1];
    iris.features().read(first, values, 0);
    assertThat(values).containsExactly(0.2f);
    assertThat(first.getString(4)).isEqualTo("setosa");
    ScoringInput moons =
        open(new DataLocation.Synthetic("moons", 10, 0, 2, 1), Map.of(), model("x1", "x2"));
    assertThat(moons.rows().count()).isEqualTo(10);
  }

  @Test
  void idxImagesNeedNoLabels() throws IOException {
    Path images = folder.resolve("images");
    try (DataOutputStream stream = new DataOutputStream(Files.newOutputStream(images))) {
      stream.writeInt(0x803);
      for (int size : new int[] {2, 1, 2}) {
        stream.writeInt(size);
      }
      stream.write(new byte[] {1, 2, 3, -1});
    }
    ScoringInput input =
        open(new DataLocation.Idx(images.toString(), null), Map.of(), model("pixel_0_1"));
    assertThat(input.schema().fieldNames()).containsExactly("pixel_0_0", "pixel_0_1");
    float[] values = new float[1];
    input.features().read(rows(input).get(1), values, 0);
    assertThat(values).containsExactly(255);
  }
}
