package dev.lockstep.driver.folder;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The files of a folder's lock. {@code .lock-<id>} says who claims or holds it, and {@code
 * .lock-<id>.beat} is the sign of life of who holds it. Both are written by the one that has the
 * id, the first one once, so no two writers ever meet in a file.
 */
final class LockFiles {
  /** How the names of all of them begin. */
  static final String PREFIX = ".lock-";

  private static final String BEAT = ".beat";
  private static final Pattern CLAIM =
      Pattern.compile("\\.lock-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

  /** Far more than is ever written. */
  private static final int MAX_BYTES = 8192;

  private final FileSystem files;
  private final Path folder;

  LockFiles(RunFolder folder) {
    this.files = folder.fileSystem();
    this.folder = folder.path();
  }

  /**
   * The ids of all that claim or hold the folder.
   *
   * @throws FileNotFoundException where there is no folder
   */
  NavigableSet<String> ids() throws IOException {
    NavigableSet<String> ids = new TreeSet<>();
    for (FileStatus status : files.listStatus(folder)) {
      Matcher name = CLAIM.matcher(status.getPath().getName());
      if (name.matches()) {
        ids.add(name.group(1));
      }
    }
    return ids;
  }

  /** What a claim says, at most some kilobytes of it; empty where it is gone. */
  Optional<byte[]> claim(String id) throws IOException {
    return read(path(id));
  }

  /** The last sign of life; empty where there was none yet. */
  Optional<byte[]> lastBeat(String id) throws IOException {
    return read(beat(id));
  }

  private Optional<byte[]> read(Path path) throws IOException {
    try {
      return content(path);
    } catch (IOException replaced) {
      // Object stores refuse to go on reading what was replaced after it was opened.
      return content(path);
    }
  }

  private Optional<byte[]> content(Path path) throws IOException {
    try (InputStream input = files.open(path)) {
      return Optional.of(input.readNBytes(MAX_BYTES));
    } catch (FileNotFoundException gone) {
      return Optional.empty();
    }
  }

  /**
   * Claims the folder.
   *
   * @throws FileNotFoundException where the folder has gone
   */
  void claim(LockOwner owner) throws IOException {
    write(path(owner.id()), owner.toJson());
  }

  /** Gives a sign of life. */
  void beat(LockOwner owner, long count) throws IOException {
    write(beat(owner.id()), Long.toString(count).getBytes(StandardCharsets.US_ASCII));
  }

  private void write(Path path, byte[] content) throws IOException {
    if (files instanceof LocalFileSystem local) {
      // Hadoop would bring back a folder that was removed.
      try {
        Files.write(local.pathToFile(path).toPath(), content);
      } catch (NoSuchFileException noFolder) {
        throw new FileNotFoundException(noFolder.getMessage());
      }
      return;
    }
    try (OutputStream output = files.create(path, true)) {
      output.write(content);
    } catch (FSError failure) {
      throw new IOException(RunFolder.reason(failure), failure);
    }
  }

  /** Removes what one wrote, as far as it is there. */
  void remove(String id) throws IOException {
    files.delete(beat(id), false);
    files.delete(path(id), false);
  }

  private Path path(String id) {
    return new Path(folder, PREFIX + id);
  }

  private Path beat(String id) {
    return new Path(folder, PREFIX + id + BEAT);
  }
}
