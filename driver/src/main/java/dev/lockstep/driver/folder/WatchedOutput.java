package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.LockstepException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;
import org.apache.hadoop.fs.FSError;

/** A stream whose failures say which folder cannot be written to, wherever they come up. */
final class WatchedOutput extends FilterOutputStream {
  private final Function<Throwable, LockstepException> asError;

  WatchedOutput(OutputStream out, Function<Throwable, LockstepException> asError) {
    super(out);
    this.asError = asError;
  }

  @Override
  public void write(int value) {
    try {
      out.write(value);
    } catch (IOException | FSError failure) {
      throw asError.apply(failure);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    try {
      out.write(bytes, offset, length);
    } catch (IOException | FSError failure) {
      throw asError.apply(failure);
    }
  }

  @Override
  public void flush() {
    try {
      out.flush();
    } catch (IOException | FSError failure) {
      throw asError.apply(failure);
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException | FSError failure) {
      throw asError.apply(failure);
    }
  }
}
