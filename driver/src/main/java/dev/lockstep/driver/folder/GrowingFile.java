package dev.lockstep.driver.folder;

import java.io.OutputStream;

/**
 * A file of a run that grows line by line. What was written before {@link #settle} is there also
 * after the program has been killed. One thread at a time.
 */
public sealed interface GrowingFile permits StreamedFile, RenewedFile {
  /** Where to write to; what was not settled when it is closed may be lost. */
  OutputStream stream();

  /** Length in bytes with all that was written to the stream so far. */
  long length();

  /**
   * Makes all that was written so far outlast this process and, where the file system can do that,
   * the machine.
   */
  void settle();
}
