package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every error names the place as its reader would, and leaves nothing cached. */
class DataErrorsTest {
  @TempDir Path folder;

  @AfterEach
  void nothingStaysCached() {
    TestSpark.session().conf().unset("spark.sql.files.maxPartitionBytes");
    assertThat(TestSpark.context().getPersistentRDDs()).isEmpty();
  }

  private Path csv(String... lines) {
    return Fixtures.write(folder.resolve("data.csv"), lines);
  }

  private static String error(ErrorKind kind, Settings settings) {
    return error(kind, settings, 1);
  }

  private static String error(ErrorKind kind, Settings settings, int shards) {
    LockstepException error =
        catchThrowableOfType(LockstepException.class, () -> settings.prepare(shards, 1).close());
    assertThat(error).isNotNull();
    assertThat(error.kind()).as(error.getMessage()).isEqualTo(kind);
    return error.getMessage();
  }

  private static String dataError(Settings settings) {
    return error(ErrorKind.DATA, settings);
  }

  private static String usageError(Settings settings) {
    return error(ErrorKind.USAGE, settings);
  }

  @Test
  void aMissingFile() {
    assertThat(dataError(Settings.csv(folder.resolve("no.csv"))))
        .isEqualTo(
            "There is no file or folder "
                + folder
                + "/no.csv (data.path). Correct the path; relative paths count from the configuration file.");
  }

  @Test
  void aGlobWithoutFiles() {
    assertThat(dataError(Settings.csv(folder.resolve("*.csv"))))
        .startsWith("No file matches " + folder + "/*.csv (data.path).");
  }

  @Test
  void aFolderWithoutFiles() throws IOException {
    Files.createDirectory(folder.resolve("empty"));
    assertThat(dataError(Settings.csv(folder.resolve("empty"))))
        .startsWith(folder + "/empty holds no data files");
  }

  @Test
  void aFileNamedByItselfAndByItsFolder() {
    assertThat(usageError(Settings.csv(folder, csv("x,label", "1,p"))))
        .isEqualTo(
            "data.path names the folder "
                + folder
                + " and also "
                + folder
                + "/data.csv inside it. Name every file once.");
  }

  /** Rows are dense: one line would make every row of the data two thousand million numbers. */
  @Test
  void aLibSvmIndexThatNoDataHave() {
    Path file =
        Fixtures.write(folder.resolve("a.libsvm"), "1 1:1 3:1", "2 2:1", "1 1:1 2147483647:1");
    Settings settings = Settings.of(new DataLocation.LibSvm(List.of(file.toString())));
    assertThat(dataError(settings.options(Map.of())))
        .isEqualTo(
            folder
                + "/a.libsvm, row 3: the index 2147483647 is above 1048576, the largest that makes columns by itself. Correct it, or set data.options.numFeatures to the number of features.");
    Path alone = Fixtures.write(folder.resolve("b.libsvm"), "1 999999999999999999:1");
    assertThat(
            dataError(
                Settings.of(new DataLocation.LibSvm(List.of(alone.toString()))).options(Map.of())))
        .contains("b.libsvm, row 1: the index 999999999999999999 is above 1048576");
  }

  @Test
  void aRowOfMoreCellsThanSparkReads() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,p" + ",".repeat(30_000), "1,p"))))
        .contains(
            "data.csv has more cells, or a longer one, than Spark's CSV reader takes: 20480 cells");
    assertThat(
            dataError(
                Settings.csv(csv("x,label", "1,p", "1" + "0".repeat(500) + ",p"))
                    .options(Map.of("header", "true", "maxCharsPerColumn", "100"))))
        .contains("data.options.maxCharsPerColumn");
  }

  @Test
  void aMissingLabelColumn() {
    assertThat(dataError(Settings.csv(csv("x,Labels,y", "1,p,2")).label("label")))
        .isEqualTo(
            folder
                + "/data.csv has no column 'label', which is needed as label column (data.label). Did you mean 'Labels'? Its columns are x, Labels, y.");
  }

  @Test
  void aMissingFeatureOrWeightColumn() {
    Path file = csv("height,width,label", "1,2,p", "3,4,q");
    assertThat(dataError(Settings.csv(file).features("height", "witdh")))
        .contains("no column 'witdh'", "(data.features)", "Did you mean 'width'?");
    assertThat(dataError(Settings.csv(file).weight("importance")))
        .contains("no column 'importance'", "(data.weight)")
        .doesNotContain("Did you mean");
  }

  @Test
  void contradictingColumns() {
    Path file = csv("x,y,label", "1,2,p", "3,4,q");
    assertThat(usageError(Settings.csv(file).features("x", "label")))
        .contains("data.features names 'label', which is the label column");
    assertThat(usageError(Settings.csv(file).features("x", "x")))
        .contains("data.features names 'x' twice");
    assertThat(usageError(Settings.csv(file).weight("label"))).contains("both name column 'label'");
    assertThat(dataError(Settings.csv(csv("label", "p", "q")))).contains("has no feature columns");
  }

  @Test
  void textInANumber() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,p", "abc,q"))))
        .isEqualTo(
            folder
                + "/data.csv, row 2, column 'x': 'abc' is not a number. Correct the cell, take the row out, or leave the column out of data.features.");
  }

  @Test
  void notFiniteNumbers() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,p", "2,q", "NaN,q"))))
        .contains("row 3, column 'x': 'NaN' is not a finite 32-bit number.");
  }

  @Test
  void anEmptyCell() {
    assertThat(dataError(Settings.csv(csv("x,y,label", "1,,p", "2,3,q"))))
        .contains("row 1, column 'y': the cell is empty, and a number is needed.");
    assertThat(dataError(Settings.csv(csv("x,y,label", "1,\"\",p", "2,3,q"))))
        .contains("row 1, column 'y': the cell is empty");
    assertThat(dataError(Settings.csv(csv("x,y,label", "1,4,p", "2,3,"))))
        .contains("row 2, column 'label': the label is empty.");
  }

  @Test
  void raggedRows() {
    assertThat(dataError(Settings.csv(csv("x,y,label", "1,2,p", "3,q"))))
        .isEqualTo(
            folder
                + "/data.csv, row 2: a row has 2 cells where 3 are expected: '3,q'. Correct or remove it; text that holds the separator must stand in quotes.");
    assertThat(dataError(Settings.csv(csv("x,y,label", "1,2,p", "3,4,q,5"))))
        .contains("row 2: a row has 4 cells where 3 are expected: '3,4,q,5'");
  }

  @Test
  void anotherHeaderInALaterFile() {
    Path a = Fixtures.write(folder.resolve("a.csv"), "x,y,label", "1,2,p", "1,2,q");
    Path b = Fixtures.write(folder.resolve("b.csv"), "y,x,label", "1,2,p");
    assertThat(dataError(Settings.csv(a, b)))
        .isEqualTo(
            folder
                + "/b.csv, header: column 1 is named 'y', and 'x' in the first file. All files of one data set need the same header.");
    Path c = Fixtures.write(folder.resolve("c.csv"), "x,label", "1,p");
    assertThat(dataError(Settings.csv(a, c)))
        .contains("/c.csv, header: 2 columns instead of the 3 of the first file.");
  }

  @Test
  void theFirstBadRowInFileOrderIsReportedHoweverTheFilesAreSplit() {
    Path folderOfFiles = folder.resolve("files");
    for (int file = 0; file < 4; file++) {
      String[] lines = new String[60];
      lines[0] = "x,label";
      for (int row = 1; row < lines.length; row++) {
        lines[row] = (file >= 1 && row % 20 == 0 ? "bad" + file + "-" + row : row) + "," + row % 2;
      }
      Fixtures.write(folderOfFiles.resolve("f" + file + ".csv"), lines);
    }
    for (String bytes : List.of("50", "300", "1000000")) {
      TestSpark.session().conf().set("spark.sql.files.maxPartitionBytes", bytes);
      assertThat(dataError(Settings.csv(folderOfFiles)))
          .contains("/f1.csv, row 20, column 'x': 'bad1-20' is not a number.");
    }
  }

  @Test
  void labelsThatAreNotNumbersInRegression() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,2.5", "2,high")).task(Task.REGRESSION)))
        .contains(
            "row 2, column 'label': 'high' is not a number. Correct the label or take the row out; if labels are names, set data.task to classification.");
    assertThat(dataError(Settings.csv(csv("x,label", "1,2.5", "2,NaN", "3,1"))))
        .contains("row 2, column 'label': 'NaN' is not a finite 32-bit number.");
    assertThat(dataError(Settings.csv(csv("x,label", "1,2.5", "2,NaN", "abc,1"))))
        .contains("row 2");
    assertThat(dataError(Settings.csv(csv("x,label", "1,2.5", "abc,1", "2,NaN"))))
        .contains("row 2, column 'x'");
  }

  @Test
  void oneClassOnly() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,p", "2,p"))))
        .isEqualTo(
            folder
                + "/data.csv: every row's label (label) is 'p'. Classification needs at least two classes; is it the right column (data.label)?");
  }

  @Test
  void tooManyClasses() {
    String[] lines = new String[Scan.MAX_CLASSES + 2];
    lines[0] = "x,label";
    for (int row = 1; row < lines.length; row++) {
      lines[row] = "1,name" + row;
    }
    assertThat(dataError(Settings.csv(csv(lines))))
        .contains("has more than 10000 different values, too many for classes.", "is not a number");
    for (int row = 1; row < lines.length; row++) {
      lines[row] = "1," + row;
    }
    assertThat(dataError(Settings.csv(csv(lines)).task(Task.CLASSIFICATION)))
        .contains("To predict a number, set data.task to regression.");
  }

  @Test
  void noRows() {
    assertThat(dataError(Settings.csv(csv("x,label"))))
        .isEqualTo(
            folder
                + "/data.csv holds no rows. Check that the data have arrived, and that data.options.header is right.");
    assertThat(dataError(Settings.csv(Fixtures.write(folder.resolve("nothing.csv"), ""))))
        .contains("nothing.csv is empty");
  }

  /** Of which Spark makes a column, but no row. */
  @ParameterizedTest
  @ValueSource(strings = {"\0\0", " \n", "\0\n\0"})
  void aFileOfControlCharacters(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("control.csv"), content);
    assertThat(dataError(Settings.csv(file))).contains("control.csv is empty");
    assertThat(dataError(Settings.csv(file).options(Map.of()).label("_c0"))).isNotEmpty();
    Path rows = csv("x,y,label", "1,2,p", "3,4,q");
    try (PreparedData data = Settings.csv(file, rows).prepare(1, 1)) {
      assertThat(data.train().examples()).isEqualTo(2);
    }
  }

  @Test
  void fewerExamplesThanShards() {
    assertThat(error(ErrorKind.DATA, Settings.csv(csv("x,label", "1,p", "2,q", "3,q")), 4))
        .contains(
            "the training split has 3 examples, fewer than the 4 shards. Lower training.shards or add data.");
  }

  @Test
  void nothingLeftToTrainOn() {
    assertThat(dataError(Settings.csv(csv("x,label", "1,p", "2,q")).fractions(0.5, 0.5)))
        .contains("has 2 rows; 1 for validation and 1 for testing leave none to train on.");
    assertThat(usageError(Settings.csv(csv("x,label", "1,p", "2,q")).fractions(1.5, 0)))
        .contains("fraction is 1.5");
  }

  @Test
  void weightsBelowZeroOrAllZero() {
    assertThat(dataError(Settings.csv(csv("x,w,label", "1,1,p", "2,-0.5,q")).weight("w")))
        .contains("row 2, column 'w': the weight -0.5 is negative. Weights must be 0 or more.");
    assertThat(dataError(Settings.csv(csv("x,w,label", "1,0,p", "2,0,q")).weight("w")))
        .isEqualTo(
            "The weights (column 'w') of the training split add up to 0. At least one example needs a weight above 0.");
    assertThat(dataError(Settings.csv(csv("x,w,label", "1,much,p")).weight("w")))
        .contains("column 'w': 'much' is not a number. Correct the weight");
  }

  @Test
  void aShapeOfAnotherSize() {
    assertThat(
            usageError(Settings.csv(csv("x,y,label", "1,2,p", "3,4,q")).shape(new Shape(2, 2, 1))))
        .contains(
            "data.shape is [2, 2, 1], which makes 4 values, and "
                + folder
                + "/data.csv has 2 feature columns.");
  }

  @Test
  void aShapeOfAnotherSizeIsToldBeforeTheRowsAreRead() {
    assertThat(usageError(Settings.csv(csv("x,y,label", "1,much,p")).shape(new Shape(2, 2, 1))))
        .contains("data.shape is [2, 2, 1]");
  }

  @Test
  void readerOptionsThatHideBadRows() {
    assertThat(
            usageError(
                Settings.csv(csv("x,label", "1,p")).options(Map.of("Mode", "DROPMALFORMED"))))
        .startsWith("data.options.Mode cannot be set");
  }

  @Test
  void aDamagedCompressedFile() throws IOException {
    Path file = folder.resolve("data.csv.gz");
    try (OutputStream stream = new GZIPOutputStream(Files.newOutputStream(file))) {
      for (int row = 0; row < 5000; row++) {
        stream.write(
            (row == 0 ? "x,label\n" : row * 7919L % 10007 + "," + row % 2 + "\n")
                .getBytes(StandardCharsets.US_ASCII));
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThat(dataError(Settings.csv(file)))
        .isEqualTo("A compressed file of " + file + " is cut off or damaged: fetch it again.");
  }

  private Settings libSvm(String... lines) {
    Path file = Fixtures.write(folder.resolve("data.libsvm"), lines);
    return Settings.of(new DataLocation.LibSvm(List.of(file.toString()))).options(Map.of());
  }

  @Test
  void libSvmSyntax() {
    String place = folder + "/data.libsvm, row 2";
    assertThat(dataError(libSvm("0 1:2", "1 2")))
        .startsWith(
            place
                + ": '2' is not a pair index:value. A line reads: label index:value index:value ...");
    assertThat(dataError(libSvm("0 1:2", "", "1 x:2")))
        .startsWith(place + ": 'x:2' is not a pair index:value.");
    assertThat(dataError(libSvm("0 1:2", "1:2 2:3")))
        .startsWith(place + ": the line starts with '1:2 2:3' and has no label.");
    assertThat(dataError(libSvm("0 1:2", "1 0:2")))
        .startsWith(place + ": the index 0 in '0:2' is not allowed: indices count from 1.");
    assertThat(dataError(libSvm("0 1:2", "1 3:2 2:1")))
        .startsWith(place + ": the index 2 follows 3. The indices of a line must ascend.");
    assertThat(dataError(libSvm("0 1:2", "1 3:2 3:1")))
        .startsWith(place + ": the index 3 follows 3.");
    assertThat(dataError(libSvm("0 1:2", "1 1:abc")))
        .startsWith(place + ", column 'f1': 'abc' is not a number.");
    assertThat(dataError(libSvm("0 1:2", "1 1:")))
        .startsWith(place + ", column 'f1': the cell is empty");
    assertThat(dataError(libSvm("0", "1"))).contains("holds no features");
    assertThat(usageError(libSvm("0 1:2").options(Map.of("numFeatures", "0"))))
        .startsWith("data.options.numFeatures is '0'");
  }

  @Test
  void unknownNamesOfBundledAndSyntheticData() {
    assertThat(usageError(Settings.of(new DataLocation.Bundled("digit"))))
        .isEqualTo(
            "There is no bundled data set 'digit' (data.name). Did you mean 'digits'? Those that exist: digits, wine, iris, breastCancer.");
    assertThat(usageError(Settings.of(new DataLocation.Synthetic("noons", 10, 0.1, 3, 1))))
        .contains("Did you mean 'moons'?");
    assertThat(usageError(Settings.of(new DataLocation.Synthetic("moons", 0, 0.1, 3, 1))))
        .startsWith("data.samples is 0");
    assertThat(usageError(Settings.of(new DataLocation.Synthetic("moons", 10, -1, 3, 1))))
        .startsWith("data.noise is -1.0");
    assertThat(usageError(Settings.of(new DataLocation.Synthetic("blobs", 10, 0, 1, 1))))
        .startsWith("data.classes is 1");
    assertThat(usageError(Settings.of(new DataLocation.Bundled("iris")).label("petal width (cm)")))
        .isEqualTo(
            "The label of these data is the column 'label', not 'petal width (cm)' (data.label).");
  }

  @Test
  void aShardThatIsTooLarge() {
    LockstepException error =
        catchThrowableOfType(
            LockstepException.class,
            () -> ShardPacker.checkSize(new ShardGrid(4, 2), Split.TRAIN, 1_000_000_000, 784));
    assertThat(error.kind()).isEqualTo(ErrorKind.USAGE);
    assertThat(error)
        .hasMessage(
            "A shard of the training split would hold 196000000000 values, and 2^31 - 9 is the most for one. Raise training.shards from 4 to at least 366.");
    ShardPacker.checkSize(new ShardGrid(366, 2), Split.TRAIN, 1_000_000_000, 784);
  }

  @Test
  void aLabelThatOnlyTheValidationDataHave() {
    Path train = Fixtures.write(folder.resolve("train.csv"), "x,label", "1,p", "2,q");
    Path validation = Fixtures.write(folder.resolve("validation.csv"), "label,x", "p,1", "r,2");
    assertThat(
            dataError(
                Settings.csv(train).separate(new DataLocation.Csv(List.of(validation.toString())))))
        .isEqualTo(
            folder
                + "/validation.csv, row 2, column 'label': 'r' is not one of the 2 known classes: p, q. Correct the label, take the row out, or train with"
                + " examples of it.");
  }
}
