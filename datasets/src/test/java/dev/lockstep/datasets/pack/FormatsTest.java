package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.BundledDataSet;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.SyntheticDataSet;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormatsTest {
  @TempDir Path folder;

  @Test
  void bundledDataSetsHaveWhatTheyPromise() {
    for (BundledDataSet dataSet : BundledDataSet.values()) {
      try (PreparedData data = Settings.of(new DataLocation.Bundled(dataSet.key())).prepare(3, 2)) {
        assertThat(data.train().examples()).isEqualTo(dataSet.rows());
        assertThat(data.preprocessing().featureNames())
            .isEqualTo(dataSet.featureNames())
            .hasSize(dataSet.features())
            .doesNotHaveDuplicates();
        assertThat(data.preprocessing().classLabels()).hasSize(dataSet.classes());
        assertThat(data.task()).isEqualTo(Task.CLASSIFICATION);
        assertThat(dataSet.description()).isNotBlank();
      }
    }
  }

  @Test
  void bundledValuesAreTheFiles() {
    try (PreparedData data = Settings.of(new DataLocation.Bundled("iris")).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels())
          .containsExactly("setosa", "versicolor", "virginica");
      assertThat(Fixtures.rows(data.train())[0]).containsExactly(5.1f, 3.5f, 1.4f, 0.2f, 0);
      assertThat(Fixtures.rows(data.train())[149]).containsExactly(5.9f, 3.0f, 5.1f, 1.8f, 2);
    }
    try (PreparedData data = Settings.of(new DataLocation.Bundled("digits")).prepare(1, 1)) {
      float[][] rows = Fixtures.rows(data.train());
      assertThat(Arrays.copyOf(rows[0], 8)).containsExactly(0, 0, 5, 13, 9, 1, 0, 0);
      assertThat(rows[1][64]).isEqualTo(1);
      assertThat(data.inputShape()).isEqualTo(Shape.vector(64));
    }
    try (PreparedData data = Settings.of(new DataLocation.Bundled("breastCancer")).prepare(1, 1)) {
      assertThat(data.preprocessing().classLabels()).containsExactly("benign", "malignant");
      assertThat(Fixtures.rows(data.train())[0][30])
          .as("the first tumor is malignant")
          .isEqualTo(1);
    }
  }

  private static float[][] synthetic(
      String name, long samples, double noise, int classes, long seed) {
    try (PreparedData data =
        Settings.of(new DataLocation.Synthetic(name, samples, noise, classes, seed))
            .prepare(1, 1)) {
      return Fixtures.rows(data.train());
    }
  }

  @Test
  void aSyntheticRowDependsOnSeedAndNumberOnly() {
    for (SyntheticDataSet dataSet : SyntheticDataSet.values()) {
      float[][] few = synthetic(dataSet.key(), 50, 0.1, 3, 7);
      float[][] many = synthetic(dataSet.key(), 70_000, 0.1, 3, 7);
      for (int row = 0; row < few.length; row++) {
        assertThat(few[row]).isEqualTo(many[row]);
      }
      assertThat(synthetic(dataSet.key(), 50, 0.1, 3, 8)[0]).isNotEqualTo(few[0]);
      assertThat(dataSet.description()).isNotBlank();
      int[] counts = new int[dataSet.hasChosenClasses() ? 3 : dataSet.classes()];
      int[] evenRows = new int[counts.length];
      for (int row = 0; row < 60_000; row++) {
        counts[(int) many[row][2]]++;
        evenRows[(int) many[row][2]] += row % counts.length == 0 ? 1 : 0;
      }
      for (int c = 0; c < counts.length; c++) {
        assertThat(counts[c])
            .as("%s, class %d", dataSet.key(), c)
            .isEqualTo(60_000 / counts.length);
        assertThat(evenRows[c])
            .as("a stride meets every class")
            .isGreaterThan(60_000 / counts.length / counts.length * 9 / 10);
      }
    }
  }

  @Test
  void syntheticCurvesAreWhatTheirNamesSay() {
    for (float[] row : synthetic("circles", 200, 0, 2, 1)) {
      assertThat(Math.hypot(row[0], row[1])).isCloseTo(row[2] == 0 ? 1 : 0.5, within(1e-6));
    }
    for (float[] row : synthetic("moons", 200, 0, 2, 1)) {
      boolean upper = row[2] == 0;
      assertThat(Math.hypot(row[0] - (upper ? 0 : 1), row[1] - (upper ? 0 : 0.5)))
          .isCloseTo(1, within(1e-6));
      assertThat(upper ? row[1] >= 0 : row[1] <= 0.5f).isTrue();
    }
    for (float[] row : synthetic("blobs", 200, 0, 4, 1)) {
      assertThat(row[0]).isCloseTo((float) Math.cos(Math.PI / 2 * row[2]), within(1e-6f));
      assertThat(row[1]).isCloseTo((float) Math.sin(Math.PI / 2 * row[2]), within(1e-6f));
    }
    for (float[] row : synthetic("spirals", 200, 0, 5, 1)) {
      double radius = Math.hypot(row[0], row[1]);
      double turn = Math.atan2(row[1], row[0]) / (2 * Math.PI) - radius - row[2] / 5;
      assertThat(Math.abs(turn - Math.rint(turn))).isLessThan(1e-4);
    }
    double sum = 0;
    for (float[] row : synthetic("circles", 20_000, 0.1, 2, 1)) {
      sum += Math.pow(Math.hypot(row[0], row[1]) - (row[2] == 0 ? 1 : 0.5), 2) / 20_000;
    }
    assertThat(Math.sqrt(sum)).as("radial noise").isCloseTo(0.1, within(0.01));
  }

  @Test
  void libSvmRowsAreDense() {
    Path file =
        Fixtures.write(folder.resolve("a.libsvm"), "+1 1:0.5 3:-2e1", "-1 2:7 # second", "", "+1");
    Settings settings =
        Settings.of(new DataLocation.LibSvm(List.of(file.toString()))).options(Map.of());
    try (PreparedData data = settings.prepare(1, 1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("f1", "f2", "f3");
      assertThat(data.preprocessing().classLabels()).containsExactly("-1", "+1");
      assertThat(Fixtures.rows(data.train()))
          .isDeepEqualTo(new float[][] {{0.5f, 0, -20, 1}, {0, 7, 0, 0}, {0, 0, 0, 1}});
    }
    try (PreparedData data = settings.options(Map.of("numFeatures", "5")).prepare(1, 1)) {
      assertThat(data.preprocessing().featureCount()).isEqualTo(5);
    }
    try (PreparedData data = settings.options(Map.of()).features("f3", "f2").prepare(1, 1)) {
      assertThat(Fixtures.rows(data.train())[0]).containsExactly(-20, 0, 1);
    }
  }

  /** An IDX file: magic number, sizes, then 0, 1, 2, … as bytes. */
  private Path idx(String name, int magic, int values, int... sizes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeInt(magic);
    for (int size : sizes) {
      data.writeInt(size);
    }
    for (int i = 0; i < values; i++) {
      data.writeByte(i);
    }
    Path file = folder.resolve(name);
    try (OutputStream stream =
        name.endsWith(".gz")
            ? new GZIPOutputStream(Files.newOutputStream(file))
            : Files.newOutputStream(file)) {
      bytes.writeTo(stream);
    }
    return file;
  }

  private static Settings idxSettings(Path images, Path labels) {
    return Settings.of(new DataLocation.Idx(images.toString(), labels.toString()));
  }

  @Test
  void idxFilesAreReadGzippedOrNot() throws IOException {
    Path images = idx("images", 0x803, 5 * 6, 5, 2, 3);
    Path labels = idx("labels", 0x801, 5, 5);
    List<String> expected;
    try (PreparedData data = idxSettings(images, labels).prepare(2, 2)) {
      assertThat(data.inputShape()).isEqualTo(new Shape(2, 3, 1));
      assertThat(data.preprocessing().featureNames())
          .containsExactly(
              "pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0", "pixel_1_1", "pixel_1_2");
      assertThat(Fixtures.rows(data.train())[4]).containsExactly(24, 25, 26, 27, 28, 29, 4);
      expected = Fixtures.contents(data.train());
    }
    Path gzippedImages = idx("images.gz", 0x803, 5 * 6, 5, 2, 3);
    Path gzippedLabels = idx("labels.gz", 0x801, 5, 5);
    try (PreparedData data = idxSettings(gzippedImages, gzippedLabels).prepare(2, 1)) {
      assertThat(Fixtures.contents(data.train())).isEqualTo(expected);
    }
  }

  @Test
  void idxColorImagesHaveChannelsLast() throws IOException {
    try (PreparedData data =
        idxSettings(idx("images", 0x804, 2 * 12, 2, 2, 2, 3), idx("labels", 0x801, 2, 2))
            .prepare(1, 1)) {
      assertThat(data.inputShape()).isEqualTo(new Shape(2, 2, 3));
      assertThat(data.preprocessing().featureNames())
          .startsWith("pixel_0_0_0", "pixel_0_0_1", "pixel_0_0_2", "pixel_0_1_0")
          .hasSize(12);
    }
  }

  @Test
  void largeIdxFilesAreReadInPieces() throws IOException {
    int rows = 3000;
    int size = 64 * 64;
    Path images = idx("images", 0x803, rows * size, rows, 64, 64);
    Path labels = idx("labels", 0x801, rows, rows);
    Path gzipped = idx("images.gz", 0x803, rows * size, rows, 64, 64);
    try (PreparedData pieces = idxSettings(images, labels).prepare(3, 2);
        PreparedData whole = idxSettings(gzipped, labels).prepare(3, 2)) {
      List<Shard> expected = whole.train().shards().collect();
      List<Shard> found = pieces.train().shards().collect();
      for (int s = 0; s < 3; s++) {
        assertThat(
                Arrays.equals(
                    found.get(s).examples().features(), expected.get(s).examples().features()))
            .isTrue();
        assertThat(
                Arrays.equals(
                    found.get(s).examples().targets(), expected.get(s).examples().targets()))
            .isTrue();
      }
      assertThat(pieces.fingerprint()).isEqualTo(whole.fingerprint());
    }
  }

  private static String idxError(Path images, Path labels) {
    LockstepException error =
        catchThrowableOfType(
            LockstepException.class, () -> idxSettings(images, labels).prepare(1, 1).close());
    assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
    return error.getMessage();
  }

  @Test
  void damagedIdxFilesAreRefused() throws IOException {
    Path images = idx("images", 0x803, 5 * 6, 5, 2, 3);
    Path labels = idx("labels", 0x801, 5, 5);
    assertThat(idxError(labels, images))
        .isEqualTo(
            labels
                + " (data.images) is not an IDX file of images: its first four bytes are 00000801, and 00000803 is expected. Check that images and labels are not"
                + " exchanged.");
    assertThat(idxError(images, idx("few", 0x801, 4, 4)))
        .isEqualTo(
            images
                + " holds 5 images, and "
                + folder
                + "/few 4 labels. Name two files that belong together (data.images, data.labels).");
    assertThat(idxError(idx("short", 0x803, 29, 5, 2, 3), labels))
        .isEqualTo(
            folder
                + "/short (data.images) promises 30 bytes of values in its header and holds 29. The file is cut off or damaged: fetch it again.");
    assertThat(idxError(idx("long.gz", 0x803, 31, 5, 2, 3), labels))
        .contains("promises 30 bytes of values in its header and holds more.");
    assertThat(idxError(idx("huge", 0x803, 30, 2_000_000_000, 1_000, 1_000), labels))
        .contains("promises 2000000000000000 bytes");
    assertThat(idxError(idx("wide", 0x803, 30, 2, 2_000_000_000, 2), labels))
        .contains("promises 4000000000 values in each image; at most 2^20 are possible");
    assertThat(idxError(idx("square.gz", 0x803, (1 << 20) + 1024, 1, 1025, 1024), labels))
        .contains("promises 1049600 values in each image; at most 2^20 are possible");
    assertThat(idxError(idx("bomb.gz", 0x803, 30, 2_000_000_000, 1_000, 1_000), labels))
        .contains("promises 2000000000000000 bytes", "which a gzipped file of", "cannot hold");
    assertThat(idxError(idx("huger", 0x803, 30, 2_000_000_000, 2_000_000_000, 2_000), labels))
        .contains("promises more than 2^63 bytes");
    assertThat(idxError(idx("negative", 0x803, 30, -5, 2, 3), labels))
        .contains("promises 4294967291 in dimension 1");
    assertThat(idxError(idx("empty", 0x803, 0), labels)).contains("is cut off or damaged");
    assertThat(idxError(idx("floats", 0xD03, 30, 5, 2, 3), labels))
        .contains("its first four bytes are 00000d03");
    assertThat(idxError(folder.resolve("none"), labels))
        .startsWith("There is no file " + folder + "/none (data.images).");
    Path half = idx("half.gz", 0x803, 5 * 6, 5, 2, 3);
    byte[] bytes = Files.readAllBytes(half);
    Files.write(half, Arrays.copyOf(bytes, bytes.length - 9));
    assertThat(idxError(half, labels)).contains("is cut off or damaged");
  }
}
