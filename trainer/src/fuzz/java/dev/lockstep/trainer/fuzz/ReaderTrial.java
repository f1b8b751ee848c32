package dev.lockstep.trainer.fuzz;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.jqwik.api.statistics.Statistics;

/**
 * Gives files to a reader and looks at what becomes of it. A reader may read a file or refuse it
 * with a {@link LockstepException} of kind data or usage; any other throwable, more memory than the
 * file's size bears out, or no end within {@link #MOST_PROCESSOR_SECONDS} of its own fails the
 * trial, and the file is kept in {@code target/fuzz}.
 */
public final class ReaderTrial {
  /** Processor time of the reading thread for one file: thousands of times what one takes. */
  public static final int MOST_PROCESSOR_SECONDS = 30;

  /** Time for a reader that only waits; so long that no busy machine matters. */
  private static final int MOST_SECONDS = 600;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String name;
  private final Reader reader;
  private final long bytesPerByte;
  private final long bytesAlways;
  private ExecutorService thread;
  private volatile Thread readingThread;
  private boolean refused;

  /** Reads a whole file. */
  public interface Reader {
    /** Reads it to the end, or throws. */
    void read(byte[] file) throws Exception;
  }

  /**
   * A trial of one reader.
   *
   * @param name for messages and files
   * @param bytesPerByte memory that a reading thread may allocate for each byte of a file, garbage
   *     included
   * @param bytesAlways memory that it may allocate whatever the size
   */
  public ReaderTrial(String name, long bytesPerByte, long bytesAlways, Reader reader) {
    this.name = name;
    this.reader = reader;
    this.bytesPerByte = bytesPerByte;
    this.bytesAlways = bytesAlways;
  }

  /**
   * Gives one file to the reader and counts, in jqwik's statistics of the property, whether it was
   * read or refused; anything else fails.
   */
  public void assertReadOrRefused(byte[] file) {
    long allowed = bytesAlways + bytesPerByte * file.length;
    // Whoever is the first somewhere loads classes, so only what comes out twice counts.
    if (allocatedInTime(file) > allowed) {
      long allocated = allocatedInTime(file);
      if (allocated > allowed) {
        throw failure(
            file, "allocated " + allocated + " bytes, more than the " + allowed + " allowed", null);
      }
    }
    Statistics.collect(refused ? "refused" : "read");
  }

  private long allocatedInTime(byte[] file) {
    if (thread == null) {
      thread = Executors.newSingleThreadExecutor(this::daemon);
    }
    Future<Long> reading = thread.submit(() -> allocatedBy(file));
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      long processorAtFirst = -1;
      while (true) {
        try {
          return reading.get(1, TimeUnit.SECONDS);
        } catch (TimeoutException notYet) {
          long processor = THREADS.getThreadCpuTime(readingThread.getId());
          processorAtFirst = processorAtFirst < 0 ? processor : processorAtFirst;
          boolean busy =
              processor - processorAtFirst > TimeUnit.SECONDS.toNanos(MOST_PROCESSOR_SECONDS);
          if (busy || System.nanoTime() > end) {
            reading.cancel(true);
            // The hanging one is left behind; the next file gets a thread that is free.
            thread.shutdownNow();
            thread = null;
            throw failure(file, "does not end", notYet);
          }
        }
      }
    } catch (ExecutionException thrown) {
      throw failure(file, "ends in " + thrown.getCause(), thrown.getCause());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  private Thread daemon(Runnable task) {
    Thread made = new Thread(task, "reader");
    made.setDaemon(true);
    readingThread = made;
    return made;
  }

  /** Bytes that reading allocated on this thread. */
  private long allocatedBy(byte[] file) throws Exception {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reader.read(file);
      refused = false;
    } catch (LockstepException refusal) {
      boolean known = refusal.kind() == ErrorKind.DATA || refusal.kind() == ErrorKind.USAGE;
      if (!known || refusal.getMessage() == null || refusal.getMessage().isBlank()) {
        throw refusal;
      }
      refused = true;
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private AssertionError failure(byte[] file, String what, Throwable cause) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "fuzz"));
      Path kept = Files.createTempFile(folder, name.replace(' ', '-') + "-", ".input");
      Files.write(kept, file);
      return new AssertionError(name + " " + what + ": " + kept.toAbsolutePath(), cause);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }
}
