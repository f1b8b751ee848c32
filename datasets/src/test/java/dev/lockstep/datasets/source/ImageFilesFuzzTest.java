package dev.lockstep.datasets.source;

import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.apache.hadoop.conf.Configuration;

/** Spoiled IDX and CIFAR files are read or refused, in bounded time and memory. */
@Tag("fuzz")
class ImageFilesFuzzTest {
  private static final Configuration HADOOP = MemoryFiles.configuration();
  private static final int TEN = 3073;
  private static final int HUNDRED = 3074;
  private static final String IMAGES = MemoryFiles.put("images", idx(0x803, 4, 3, 3));

  private static final List<byte[]> IDX =
      List.of(
          idx(0x803, 4, 3, 3),
          idx(0x804, 2, 2, 2, 3),
          idx(0x801, 4),
          gzipped(idx(0x803, 4, 3, 3)),
          gzipped(idx(0x803, 4, 100, 100)),
          gzipped(new byte[100_000]),
          ByteBuffer.allocate(20).putInt(0x803).putInt(1).putInt(46340).putInt(46340).array());
  private static final List<byte[]> CIFAR =
      List.of(new byte[TEN], new byte[2 * TEN], new byte[HUNDRED], new byte[3 * HUNDRED]);

  /** A value of an image is a column with a name, and a gzipped byte stands for many values. */
  private static final ReaderTrial IDX_IMAGES =
      new ReaderTrial(
          "idx images",
          3000,
          4 << 20,
          file -> readIdx(new DataLocation.Idx(MemoryFiles.put("file", file), null)));

  private static final ReaderTrial IDX_LABELS =
      new ReaderTrial(
          "idx labels",
          3000,
          4 << 20,
          file -> readIdx(new DataLocation.Idx(IMAGES, MemoryFiles.put("file", file))));

  private static final ReaderTrial CIFAR_FILES =
      new ReaderTrial("cifar", 200, 4 << 20, ImageFilesFuzzTest::readCifar);

  private static byte[] idx(int magic, int... sizes) {
    int values = 1;
    for (int size : sizes) {
      values *= size;
    }
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * sizes.length + values).putInt(magic);
    for (int size : sizes) {
      file.putInt(size);
    }
    return file.array();
  }

  private static byte[] gzipped(byte[] content) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(file)) {
      packed.write(content);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return file.toByteArray();
  }

  private static void readIdx(DataLocation.Idx location) {
    IdxRows rows = IdxRows.open(HADOOP, location);
    int columns = rows.featureNames().size();
    readAll(rows, columns);
  }

  /** As the data set that the length fits, and as CIFAR-10 where it fits none. */
  private static void readCifar(byte[] file) {
    List<String> paths = List.of(MemoryFiles.put("file", file));
    int[] classes = file.length % HUNDRED == 0 ? new int[] {20, 100} : new int[] {10};
    for (int number : classes) {
      readAll(
          CifarRows.open(HADOOP, new DataLocation.Cifar(paths, number)), CifarRows.SHAPE.size());
    }
  }

  /** Reads every row, as tasks would. */
  private static void readAll(RowGenerator rows, int columns) {
    float[] values = new float[columns];
    for (int piece = 0; piece < rows.pieces(); piece++) {
      try (RowGenerator.Cursor cursor = rows.open(piece)) {
        while (cursor.next(values)) {
          if (cursor.problem() == null) {
            cursor.label();
          }
        }
      }
    }
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledIdxImagesAreReadOrRefused(@ForAll("idxFiles") Corruption corruption) {
    IDX_IMAGES.assertReadOrRefused(corruption.of(IDX));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledIdxLabelsAreReadOrRefused(@ForAll("idxFiles") Corruption corruption) {
    IDX_LABELS.assertReadOrRefused(corruption.of(IDX));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledCifarFilesAreReadOrRefused(@ForAll("cifarFiles") Corruption corruption) {
    CIFAR_FILES.assertReadOrRefused(corruption.of(CIFAR));
  }

  @Provide
  Arbitrary<Corruption> idxFiles() {
    return Corruption.any(IDX.size());
  }

  @Provide
  Arbitrary<Corruption> cifarFiles() {
    return Corruption.any(CIFAR.size());
  }
}
