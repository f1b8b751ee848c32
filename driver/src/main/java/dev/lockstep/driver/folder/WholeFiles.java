package dev.lockstep.driver.folder;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * Puts files into their places so that one that is there is whole, in the way that fits the file
 * system:
 *
 * <ul>
 *   <li>an object store shows a file when it is closed: it is written where it belongs
 *   <li>a local disk and HDFS rename over a file at once: it is written aside and renamed
 *   <li>all others delete first: it is written aside and has a name that tells that it is whole
 *       while the earlier one is away
 * </ul>
 *
 * <p>Which paths may be written to, and how failures are told, is the caller's.
 */
final class WholeFiles {
  /** How the name of a file ends that is being written. */
  private static final String UNFINISHED = ".partial";

  /** How often a file that is being replaced is looked for. */
  private static final int LOOKS = 3;

  private final FileSystem files;

  WholeFiles(FileSystem files) {
    this.files = files;
  }

  /** Whether a path is on a disk of this machine, which others may not see. */
  static boolean isOnThisMachine(Path path) {
    return "file".equals(path.toUri().getScheme());
  }

  /** Where a path leads on this machine's disk. */
  static java.nio.file.Path onDisk(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  /** Whether a file of this name is what a write left that was broken off. */
  static boolean isUnfinished(String name) {
    return name.startsWith(".") && name.endsWith(UNFINISHED);
  }

  /** Writes a file, where there is one in its place; it is not seen before it is whole. */
  void replace(Path target, FileContent content) throws IOException {
    if (showsWholeFilesOnly(target)) {
      writeInPlace(target, content);
      return;
    }
    Path unfinished = aside(target, UNFINISHED);
    files.delete(unfinished, false);
    writeAside(unfinished, content);
    if (replacesAtOnce(target)) {
      renameOver(unfinished, target);
      files.delete(successor(target), false);
    } else if (files.exists(target)) {
      // While the earlier file is away, what takes its place is known to be whole by its name.
      Path successor = successor(target);
      files.delete(successor, false);
      rename(unfinished, successor);
      files.delete(target, false);
      rename(successor, target);
    } else {
      rename(unfinished, target);
    }
    syncNames(target.getParent());
  }

  /**
   * Writes a file under its own name, for folders that are not looked at before they are complete.
   * When it returns, the file is on the disk, where the file system can do that.
   */
  void writeThrough(Path target, FileContent content) throws IOException {
    if (isOnThisMachine(target)) {
      // Through Hadoop each new file would cost a process that sets its permissions.
      try (FileOutputStream output = new FileOutputStream(onDisk(target).toFile())) {
        content.writeTo(output);
        output.getFD().sync();
      }
    } else {
      writeSynced(target, content);
    }
  }

  /**
   * Reads a file that somebody may be replacing at this moment: the earlier one or the later.
   *
   * @return at most {@code mostBytes} of it; empty where there is no such file
   */
  Optional<byte[]> read(Path target, int mostBytes) throws IOException {
    IOException unread = null;
    // Between two looks the successor can have become the file. And object stores refuse to go on
    // reading what was replaced after it was opened.
    for (int look = 0; look < LOOKS; look++) {
      for (Path path : List.of(target, successor(target))) {
        try (InputStream input = files.open(path)) {
          return Optional.of(input.readNBytes(mostBytes));
        } catch (FileNotFoundException none) {
          // It may be under its other name.
        } catch (IOException failure) {
          unread = failure;
        }
      }
    }
    if (unread != null) {
      throw unread;
    }
    return Optional.empty();
  }

  /**
   * Whether the writing of a file was broken off between the earlier one's removal and the renaming
   * of what takes its place.
   */
  boolean isAwaitingItsName(Path target) throws IOException {
    return !files.exists(target) && files.exists(successor(target));
  }

  /** Renames what takes the place of a file {@linkplain #isAwaitingItsName that is away}. */
  void giveItsName(Path target) throws IOException {
    rename(successor(target), target);
  }

  /** Removes a file; nothing happens where there is none. */
  void remove(Path target) throws IOException {
    // Else it would come back as what takes the file's place.
    files.delete(successor(target), false);
    if (!files.delete(target, false) && files.exists(target)) {
      throw new IOException("the file system would not delete " + target.getName());
    }
  }

  /**
   * Keeps the first bytes of a file on this machine's disk, which asks for no room. When it
   * returns, that is on the disk.
   */
  void truncate(Path target, long bytes) throws IOException {
    if (files instanceof ChecksumFileSystem checked) {
      // Another program may have left one, and the shorter file would not fit it.
      checked.getRawFileSystem().delete(checked.getChecksumFile(target), false);
    }
    try (FileChannel channel = FileChannel.open(onDisk(target), StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
      channel.force(true);
    }
  }

  /**
   * Creates a folder on this machine's disk and those above it that are missing, and sees to it
   * that their names outlast a loss of power.
   *
   * @param without how many of the last parts of the path need not: whoever fills them sees to that
   *     in the end
   * @return the folders whose {@linkplain #syncNames names were synchronized}, the deepest first
   */
  List<Path> makeFolders(Path folder, int without) throws IOException {
    List<Path> parents = new ArrayList<>();
    int part = 0;
    for (Path path = folder;
        path.getParent() != null && !Files.isDirectory(onDisk(path));
        path = path.getParent()) {
      if (part++ >= without) {
        parents.add(path.getParent());
      }
    }
    Files.createDirectories(onDisk(folder));
    for (Path parent : parents) {
      syncNames(parent);
    }
    return parents;
  }

  /** Gives a file or folder another name, which must be free. */
  void rename(Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("could not rename " + from.getName() + " to " + to.getName());
    }
  }

  /**
   * Sees to it that the names in a folder outlast a loss of power. Only a local disk needs and
   * knows this; other file systems keep names safe themselves.
   */
  void syncNames(Path folder) throws IOException {
    if (!isOnThisMachine(folder)) {
      return;
    }
    FileChannel names;
    try {
      names = FileChannel.open(onDisk(folder));
    } catch (AccessDeniedException unsupported) {
      // A system that does not open folders as files does not let anybody do more.
      return;
    }
    try (names) {
      names.force(true);
    }
  }

  /**
   * Whether a file comes into view when it is closed, whole and in an earlier one's place, as in an
   * object store, where renaming it would be copying it.
   */
  private boolean showsWholeFilesOnly(Path target) throws IOException {
    return files.hasPathCapability(target.getParent(), CommonPathCapabilities.ABORTABLE_STREAM);
  }

  /** Writes a file that counts only later; what came of it goes where that fails: it takes room. */
  private void writeAside(Path unfinished, FileContent content) throws IOException {
    boolean whole = false;
    try {
      writeSynced(unfinished, content);
      whole = true;
    } finally {
      if (!whole) {
        removeQuietly(unfinished);
      }
    }
  }

  /** Removes a file beside a failure that has to be told; the next attempt removes it likewise. */
  private void removeQuietly(Path unfinished) {
    try {
      files.delete(unfinished, false);
    } catch (IOException alsoFailed) {
      return;
    }
  }

  private void writeInPlace(Path target, FileContent content) throws IOException {
    FSDataOutputStream output = files.create(target, true);
    boolean whole = false;
    try {
      content.writeTo(output);
      whole = true;
    } finally {
      if (whole) {
        output.close();
      } else {
        output.abort();
      }
    }
  }

  private void writeSynced(Path path, FileContent content) throws IOException {
    try (FSDataOutputStream output = files.create(path, true)) {
      content.writeTo(output);
      if (output.hasCapability(StreamCapabilities.HSYNC)) {
        output.hsync();
      }
    }
  }

  /**
   * Whether the file system puts one file in another's place in a single operation, so that one of
   * them is there whatever happens. Most of Hadoop's file systems delete first, and say nothing.
   */
  private boolean replacesAtOnce(Path target) {
    return isOnThisMachine(target) || files instanceof DistributedFileSystem;
  }

  private void renameOver(Path source, Path target) throws IOException {
    if (files instanceof DistributedFileSystem hdfs) {
      hdfs.rename(source, target, Options.Rename.OVERWRITE);
      return;
    }
    if (files instanceof ChecksumFileSystem checked) {
      // Another program may have left one, and the new file would not fit it.
      checked.getRawFileSystem().delete(checked.getChecksumFile(target), false);
    }
    Files.move(onDisk(source), onDisk(target), StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path successor(Path target) {
    return aside(target, ".next");
  }

  /** A name beside a file's that nobody looks for. */
  private static Path aside(Path target, String ending) {
    return new Path(target.getParent(), "." + target.getName() + ending);
  }
}
