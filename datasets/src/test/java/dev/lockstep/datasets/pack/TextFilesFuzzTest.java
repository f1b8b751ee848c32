package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/**
 * Spoiled CSV and LIBSVM files, whole and through Spark, are prepared or refused. Tasks allocate on
 * threads of their own, so memory is not measured here; it is where lines and cells are read.
 */
@Tag("fuzz")
class TextFilesFuzzTest {
  /** Preparing a file takes Spark some ten jobs; that many single lines are read in that time. */
  private static final int LINES_PER_FILE = 250;

  private static final int FILES =
      Math.max(4, Integer.getInteger("lockstep.fuzz.tries", 1000) / LINES_PER_FILE);

  private static final List<byte[]> CSV =
      List.of(
          bytes("x,y,label\n1,2,p\n3,4,q\n5,6,p\n7,8,q\n"),
          bytes("\"x\",\"y\",\"label\"\r\n\"1\",\"2\",\"p \"\"1\"\"\"\r\n3,4e5,q\r\n"));
  private static final List<byte[]> LIBSVM =
      List.of(bytes("+1 1:0.5 3:-2e1\n-1 2:7 # second\n\n+1\n-1 3:3\n"), bytes("1 1:1\n2 2:2\n"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
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

  private static void giveFiles(
      String name, String ending, List<byte[]> files, ReaderTrial.Reader reader) {
    ReaderTrial trial = new ReaderTrial(name, 0, Long.MAX_VALUE, reader);
    for (int i = 0; i < FILES; i++) {
      byte[] file = Corruption.any(files.size()).sample().of(files);
      trial.assertReadOrRefused(ending.endsWith(".gz") ? gzipped(file) : file);
    }
    assertThat(TestSpark.context().getPersistentRDDs()).as(name).isEmpty();
  }

  private static void prepare(String name, byte[] file, boolean isCsv) throws IOException {
    Path path = Files.createTempDirectory("fuzz-").resolve(name);
    try {
      Files.write(path, file);
      List<String> paths = List.of(path.toString());
      Settings settings =
          isCsv
              ? Settings.of(new DataLocation.Csv(paths))
              : Settings.of(new DataLocation.LibSvm(paths)).options(Map.of());
      settings.prepare(1, 1).close();
    } finally {
      Files.deleteIfExists(path);
      Files.delete(path.getParent());
    }
  }

  @Property(tries = 1)
  void spoiledCsvFilesArePreparedOrRefused() {
    giveFiles("csv file", ".csv", CSV, file -> prepare("a.csv", file, true));
  }

  @Property(tries = 1)
  void spoiledLibSvmFilesArePreparedOrRefused() {
    giveFiles("libsvm file", ".libsvm", LIBSVM, file -> prepare("a.libsvm", file, false));
  }

  @Property(tries = 1)
  void spoiledFilesInGzipArePreparedOrRefused() {
    giveFiles("csv in gzip", ".csv.gz", CSV, file -> prepare("a.csv.gz", file, true));
  }
}
