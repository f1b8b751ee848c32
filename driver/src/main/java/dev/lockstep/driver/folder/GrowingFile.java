package dev.lockstep.driver.folder;

import java.io.OutputStream;

/**
 * A file of a run that grows line by line. What {@link #settle} was called for is there also after
 * the program has been killed. One thread at a time.
 */
public sealed interface GrowingFile permits StreamedFile, RenewedFile {
  /** Where to write to; closing it ends the file with all that was written. */
  OutputStream stream();

  /**
   * Makes all that was written so far outlast this process and, where the file system can do that,
   * the machine.
   *
   * @return length of the file in bytes
   */
  long settle();
}
