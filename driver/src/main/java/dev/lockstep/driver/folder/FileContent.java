package dev.lockstep.driver.folder;

import java.io.IOException;
import java.io.OutputStream;

/** What goes into a file. */
public interface FileContent {
  /** Writes it all; the stream is closed by the caller. */
  void writeTo(OutputStream output) throws IOException;
}
