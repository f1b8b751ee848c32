package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What {@code mvn package} leaves for people to install. */
final class Archives {
  /** The folder that both archives unpack to. */
  static final String NAME = "lockstep-" + System.getProperty("lockstep.version");

  private static final Path TARGET = JavaProcess.ROOT.resolve("deploy/target");

  /** The application, as it lies in both archives. */
  static final Path JAR = Path.of(System.getProperty("lockstep.jar"));

  /** For machines that have Spark. */
  static final Path WITHOUT_SPARK = TARGET.resolve(NAME + ".tar.gz");

  /** For machines that have not. */
  static final Path WITH_SPARK = TARGET.resolve(NAME + "-with-spark.tar.gz");

  private Archives() {}

  /** The entries of an archive in its own order. */
  static List<TarArchiveEntry> entries(Path archive) throws IOException {
    List<TarArchiveEntry> all = new ArrayList<>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file))) {
      // Of the library's older versions the type is but this one.
      for (ArchiveEntry each = tar.getNextEntry(); each != null; each = tar.getNextEntry()) {
        all.add(TarArchiveEntry.class.cast(each));
      }
    }
    return all;
  }

  /**
   * Unpacks an archive as people do.
   *
   * @param folder to make for it
   * @return the folder that has been in it
   */
  static Path unpack(Path archive, Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    ScriptProcess.Result result =
        ScriptProcess.run(
            folder, Map.of(), Path.of("tar"), List.of("-xzf", archive.toAbsolutePath().toString()));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return folder.resolve(NAME);
  }
}
