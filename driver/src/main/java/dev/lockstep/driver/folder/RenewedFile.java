package dev.lockstep.driver.folder;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A file on a file system that knows whole files only, as object stores do: what is new waits in
 * memory until the file is settled, and then the file is written anew with it.
 */
final class RenewedFile implements GrowingFile {
  /** More than this, and more than a quarter of the file, does not wait in memory. */
  private static final int LEAST_UNSETTLED_BYTES = 1 << 20;

  private final RunFolder folder;
  private final String file;
  private final Unsettled unsettled = new Unsettled();
  private long settled;

  /** Continues a file that exists. */
  RenewedFile(RunFolder folder, String file) {
    this.folder = folder;
    this.file = file;
    this.settled = folder.size(file);
  }

  @Override
  public OutputStream stream() {
    return unsettled;
  }

  @Override
  public long length() {
    return settled + unsettled.size();
  }

  @Override
  public void settle() {
    if (unsettled.size() > 0) {
      folder.write(
          file,
          output -> {
            try (InputStream earlier = folder.open(file)) {
              earlier.transferTo(output);
            }
            unsettled.writeTo(output);
          });
      settled += unsettled.size();
      unsettled.reset();
    }
  }

  private final class Unsettled extends ByteArrayOutputStream {
    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      super.write(bytes, offset, length);
      if (size() > Math.max(LEAST_UNSETTLED_BYTES, settled / 4)) {
        settle();
      }
    }

    /** Writes nothing: whoever breaks off may no longer be the one to write. */
    @Override
    public void close() {}
  }
}
