package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSError;

/** Files with a size and a SHA-256 that are known: written, read back, read. */
public final class DigestedFiles {
  private static final int CHUNK_BYTES = 1 << 16;

  private DigestedFiles() {}

  /** What reads a file; may leave a rest unread. */
  public interface Reading<T> {
    /** Reads as much as it needs. */
    T from(InputStream input) throws IOException;
  }

  /**
   * Writes a file so that it is on the disk, reads it back and compares.
   *
   * @return size and SHA-256 of what was written
   */
  public static FileDigest write(RunFolder folder, String name, FileContent content) {
    MessageDigest digest = sha256();
    long[] size = new long[1];
    folder.writeThrough(
        name,
        output -> {
          CountingStream counting = new CountingStream(output, digest);
          content.writeTo(counting);
          size[0] = counting.count;
        });
    FileDigest entry = new FileDigest(size[0], HexFormat.of().formatHex(digest.digest()));
    try {
      read(folder, name, entry, input -> entry);
    } catch (LockstepException different) {
      throw new LockstepException(
          ErrorKind.RESOURCE,
          "What was written does not read back: " + different.getMessage(),
          different);
    }
    return entry;
  }

  /**
   * Reads a file and checks it against its entry, all of it, whatever {@code reading} takes.
   *
   * @throws LockstepException of kind data where it is not the file that was written
   */
  public static <T> T read(RunFolder folder, String name, FileDigest entry, Reading<T> reading) {
    String source = folder.name() + "/" + name;
    MessageDigest digest = sha256();
    try (InputStream file = folder.open(name);
        DigestInputStream input = new DigestInputStream(file, digest)) {
      T result = reading.from(input);
      readAll(input);
      if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
        throw LockstepException.data(
            source + " is damaged: its SHA-256 is not the one in its manifest.");
      }
      return result;
    } catch (IOException | FSError failure) {
      throw unreadable(source, failure.getMessage(), failure);
    }
  }

  /** All bytes of a file that has at most {@code most}. */
  public static byte[] bytes(RunFolder folder, String name, int most) {
    long size = folder.size(name);
    if (size > most) {
      throw LockstepException.data(
          folder.name() + "/" + name + " has " + size + " bytes; at most " + most + " are read.");
    }
    try (InputStream input = folder.open(name)) {
      return input.readNBytes(most);
    } catch (IOException | FSError failure) {
      throw unreadable(folder.name() + "/" + name, failure.getMessage(), failure);
    }
  }

  /**
   * SHA-256 of a file, in hexadecimal.
   *
   * @throws LockstepException of kind data where it cannot be read
   */
  public static String sha256(RunFolder folder, String name) {
    MessageDigest digest = sha256();
    try (InputStream file = folder.open(name);
        DigestInputStream input = new DigestInputStream(file, digest)) {
      readAll(input);
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException | FSError failure) {
      throw unreadable(folder.name() + "/" + name, failure.getMessage(), failure);
    }
  }

  /** Reading is what feeds the digest. */
  private static void readAll(DigestInputStream input) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    int count;
    do {
      count = input.read(chunk);
    } while (count >= 0);
  }

  /** What to throw where a file cannot be read, with a whole sentence. */
  static LockstepException unreadable(String source, String why, Throwable failure) {
    String end = why != null && why.endsWith(".") ? "" : ".";
    return new LockstepException(
        ErrorKind.DATA, source + " could not be read: " + why + end, failure);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Counts and digests what goes through; closing is the owner's. */
  private static final class CountingStream extends FilterOutputStream {
    private final MessageDigest digest;
    private long count;

    CountingStream(OutputStream output, MessageDigest digest) {
      super(output);
      this.digest = digest;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      digest.update((byte) b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      digest.update(bytes, offset, length);
      count += length;
    }
  }
}
