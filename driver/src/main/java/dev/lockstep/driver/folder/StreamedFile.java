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

  /**
   * Continues a file.
   *
   * @param name for messages
   * @param output at the end of the file; closed with {@link #stream}
   */
  StreamedFile(String name, FSDataOutputStream output) {
    this.name = name;
    this.output = output;
  }

  @Override
  public OutputStream stream() {
    return new WatchedOutput(output, this::unusable);
  }

  @Override
  public long settle() {
    try {
      output.hsync();
      return output.getPos();
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
