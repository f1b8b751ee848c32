package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
  private static final int PIXELS = 32 * 32;

  @TempDir Path folder;

  /** A record: the labels, then for each pixel p red p, green p + 1 and blue p + 2, modulo 256. */
  private static void putRecord(byte[] file, int at, int... labels) {
    for (int label : labels) {
      file[at++] = (byte) label;
    }
    for (int channel = 0; channel < 3; channel++) {
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        file[at++] = (byte) (pixel + channel);
      }
    }
  }

  /** A file of CIFAR-10 whose rows have these labels. */
  private Path ten(String name, int... labels) throws IOException {
    byte[] file = new byte[labels.length * 3073];
    for (int row = 0; row < labels.length; row++) {
      putRecord(file, row * 3073, labels[row]);
    }
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.write(path, file);
  }

  private static Settings settings(int classes, Path... paths) {
    return Settings.of(
        new DataLocation.Cifar(Arrays.stream(paths).map(Path::toString).toList(), classes));
  }

  private static List<Integer> labels(PreparedData data) {
    return Fixtures.column(data.train(), 3 * PIXELS);
  }

  @Test
  void imagesHaveHeightWidthAndChannels() throws IOException {
    try (PreparedData data = settings(10, ten("a.bin", 3, 0, 9)).prepare(2, 2)) {
      assertThat(data.inputShape()).isEqualTo(new Shape(32, 32, 3));
      assertThat(data.preprocessing().featureNames())
          .hasSize(3072)
          .startsWith("pixel_0_0_0", "pixel_0_0_1", "pixel_0_0_2", "pixel_0_1_0")
          .endsWith("pixel_31_31_2");
      assertThat(data.preprocessing().classLabels()).containsExactly("0", "3", "9");
      float[] first = Fixtures.rows(data.train())[0];
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        for (int channel = 0; channel < 3; channel++) {
          assertThat(first[pixel * 3 + channel]).isEqualTo((pixel + channel) & 0xFF);
        }
      }
      assertThat(labels(data)).containsExactly(1, 0, 2);
    }
  }

  @Test
  void theLabelOfCifar100IsChosenByItsClasses() throws IOException {
    byte[] file = new byte[2 * 3074];
    putRecord(file, 0, 19, 42);
    putRecord(file, 3074, 4, 99);
    Path path = Files.write(folder.resolve("train.bin"), file);
    try (PreparedData data = settings(100, path).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("42", "99");
      assertThat(Fixtures.rows(data.train())[1]).startsWith(0, 1, 2, 1, 2, 3);
    }
    try (PreparedData data = settings(20, path).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("4", "19");
      assertThat(labels(data)).containsExactly(1, 0);
    }
  }

  /** File by file in the order of their paths, whatever the shards, partitions and pieces. */
  @Test
  void rowsAreInTheOrderOfFilesHoweverTheyAreNamed() throws IOException {
    int[] many = new int[6000];
    Arrays.setAll(many, row -> row % 10);
    Path second = ten("batches/data_batch_2.bin", many);
    Path first = ten("batches/data_batch_1.bin", 7, 7, 7);
    Files.writeString(folder.resolve("batches/readme.html"), "not images");
    Files.write(folder.resolve("batches/_half.bin"), new byte[5]);
    Path parent = first.getParent();
    List<Integer> expected;
    String fingerprint;
    try (PreparedData data = settings(10, second, first).prepare(3, 2)) {
      expected = labels(data);
      fingerprint = data.fingerprint();
    }
    assertThat(expected).hasSize(6003).startsWith(7, 7, 7, 0, 1, 2, 3).endsWith(7, 8, 9);
    for (Path named : List.of(parent, parent.resolve("data_batch_*.bin"))) {
      try (PreparedData data = settings(10, named).prepare(2, 1)) {
        assertThat(labels(data)).isEqualTo(expected);
        assertThat(data.fingerprint()).isEqualTo(fingerprint);
      }
    }
  }

  @Test
  void heldOutRowsCanLieInFilesOfTheirOwn() throws IOException {
    Path train = ten("train.bin", 1, 2, 1, 2);
    Path test = ten("test.bin", 2, 1, 1);
    try (PreparedData data =
        settings(10, train)
            .separate(new DataLocation.Cifar(List.of(test.toString()), 10))
            .prepare(1, 1)) {
      assertThat(data.train().examples()).isEqualTo(4);
      assertThat(data.validation().orElseThrow().examples()).isEqualTo(3);
      assertThat(Fixtures.column(data.validation().orElseThrow(), 3 * PIXELS))
          .containsExactly(1, 0, 0);
    }
  }

  private static String error(ErrorKind kind, Settings settings) {
    LockstepException error =
        catchThrowableOfType(LockstepException.class, () -> settings.prepare(1, 1).close());
    assertThat(error.kind()).as(error.getMessage()).isEqualTo(kind);
    return error.getMessage();
  }

  @Test
  void filesThatAreNoCifarAreRefused() throws IOException {
    Path good = ten("good.bin", 1, 2);
    Path cut =
        Files.write(folder.resolve("cut.bin"), Arrays.copyOf(Files.readAllBytes(good), 6000));
    assertThat(error(ErrorKind.DATA, settings(10, good, cut)))
        .isEqualTo(
            cut
                + " (data.path) has 6000 bytes, which are no whole records of 3073 bytes, as CIFAR-10 has them. The file is cut off or damaged, or still packed: fetch it again, or unpack it.");
    assertThat(error(ErrorKind.DATA, settings(100, good)))
        .endsWith("It may be CIFAR-10: then set data.classes to 10.");
    Path empty = Files.write(folder.resolve("empty.bin"), new byte[0]);
    assertThat(error(ErrorKind.DATA, settings(10, empty))).contains("has 0 bytes");
    Path none = Files.createDirectory(folder.resolve("none"));
    assertThat(error(ErrorKind.DATA, settings(10, none)))
        .isEqualTo(
            none
                + " holds no files named *.bin (data.path). Name the files themselves if they are called otherwise.");
    assertThat(error(ErrorKind.DATA, settings(10, folder.resolve("gone.bin"))))
        .startsWith("There is no file or folder " + folder + "/gone.bin");
    assertThat(error(ErrorKind.USAGE, settings(11, good)))
        .contains("data.classes is 11; it must be 10 (CIFAR-10)");
  }

  @Test
  void aLabelThatDoesNotExistIsNamedWithItsPlace() throws IOException {
    assertThat(error(ErrorKind.DATA, settings(10, ten("bad.bin", 1, 2, 10))))
        .startsWith(folder + "/bad.bin")
        .contains("row 3", "the label is 10, and CIFAR-10 has the classes 0 to 9");
  }

  private static String text(BadRow row) {
    String[] cells = row.cells();
    String label = cells[cells.length - 1];
    return "row %d of %d cells, %s to %s: %s"
        .formatted(row.row(), cells.length, cells[0], label, row.problem().value());
  }

  /** The same examples in the same order, whatever stands between them. */
  @Test
  void recordsThatAreLeftOutMightAsWellNotBeThere() throws IOException {
    Path clean = ten("clean.bin", 1, 2, 1, 2);
    Path dirty = ten("dirty.bin", 1, 255, 2, 1, 10, 2);
    try (PreparedData expected = settings(10, clean).prepare(2, 2);
        PreparedData data = settings(10, dirty).badRows(BadRowMode.QUARANTINE, 0.5).prepare(2, 2)) {
      assertThat(data.fingerprint()).isEqualTo(expected.fingerprint());
      assertThat(labels(data)).isEqualTo(labels(expected));
      List<String> left = data.badRows().get(0).rows(file -> file).map(CifarTest::text).collect();
      assertThat(left)
          .containsExactly(
              "row 2 of 3073 cells, 0.0 to 255: 255", "row 5 of 3073 cells, 0.0 to 10: 10");
    }
  }
}
