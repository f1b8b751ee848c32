package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;

/** A file behind whose end the file system can write, and whose stream it can flush. */
final class StreamedFile implements GrowingFile {
  private final String name;
  private final FSDataOutputStream output;
  private final Sync sync;

  /** Brings to the disk what a stream has handed on. */
  private interface Sync {
    /** Returns when all is there. */
    void run() throws IOException;
  }

  private StreamedFile(String name, FSDataOutputStream output, Sync sync) {
    this.name = name;
    this.output = output;
    this.sync = sync;
  }

  /**
   * Continues a file that exists.
   *
   * @param name for messages
   * @return empty where the file system cannot do that and bring what is new to the disk
   */
  static Optional<StreamedFile> behind(FileSystem files, Path path, String name)
      throws IOException {
    // A local file system that keeps checksums cannot append, and the one below it can.
    FileSystem direct =
        files instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : files;
    if (!direct.hasPathCapability(path, CommonPathCapabilities.FS_APPEND)) {
      return Optional.empty();
    }
    FSDataOutputStream output = direct.append(path);
    if (output.hasCapability(StreamCapabilities.HSYNC)) {
      return Optional.of(new StreamedFile(name, output, output::hsync));
    }
    if (direct instanceof RawLocalFileSystem local) {
      // What it appends to it does not sync, though it does what it creates.
      java.nio.file.Path disk = local.pathToFile(path).toPath();
      return Optional.of(new StreamedFile(name, output, () -> sync(disk)));
    }
    output.close();
    return Optional.empty();
  }

  private static void sync(java.nio.file.Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @Override
  public OutputStream stream() {
    return new WatchedOutput(output, this::unusable);
  }

  @Override
  public long length() {
    return output.getPos();
  }

  @Override
  public void settle() {
    try {
      output.flush();
      sync.run();
    } catch (IOException | FSError failure) {
      throw unusable(failure);
    }
  }

  private LockstepException unusable(Throwable failure) {
    return new LockstepException(
        ErrorKind.RESOURCE,
        name + " could not be written to: " + RunFolder.reason(failure) + ".",
        failure);
  }
}
