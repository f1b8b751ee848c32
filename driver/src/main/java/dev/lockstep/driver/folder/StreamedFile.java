package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;

/** A file behind whose end the file system can write, and whose stream it can flush. */
final class StreamedFile implements GrowingFile {
  private final String name;
  private final FSDataOutputStream output;
  private final Sync sync;

  /** Brings to the disk what a stream has handed on. */
  interface Sync {
    /** Returns when all is there. */
    void run() throws IOException;
  }

  /**
   * Continues a file.
   *
   * @param name for messages
   * @param output at the end of the file; closed with {@link #stream}
   * @param sync called when {@code output} has been flushed
   */
  StreamedFile(String name, FSDataOutputStream output, Sync sync) {
    this.name = name;
    this.output = output;
    this.sync = sync;
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
