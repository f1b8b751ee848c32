package dev.lockstep.driver.run;

import dev.lockstep.driver.folder.GrowingFile;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.LockstepException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The {@code metrics.jsonl} of a run: written behind its end, read back, and cut where training
 * returns to an earlier step, so that no step is in it twice and none is missing.
 */
final class MetricsFile implements AutoCloseable {
  /** The records of a run before its first step. */
  static final RunMetrics NONE = new RunMetrics(List.of(), List.of());

  /** Name of the file. */
  static final String NAME = "metrics.jsonl";

  private final GrowingFile file;
  private final MetricsLog log;

  private MetricsFile(GrowingFile file) throws IOException {
    this.file = file;
    this.log = new MetricsLog(file.stream());
  }

  /** Opens the file for what comes next. */
  static MetricsFile open(RunFolder folder) {
    folder.restore(NAME);
    try {
      return new MetricsFile(folder.grow(NAME));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** All that is in the file. */
  static RunMetrics read(RunFolder folder) {
    try (InputStream input = folder.open(NAME)) {
      return MetricsLog.read(input);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * The records of a run that is to go on behind {@code step}.
   *
   * @param bytes length of the part of the file that goes as far
   * @throws LockstepException of kind data, saying why, where that part is not what it should be
   */
  static RunMetrics read(RunFolder folder, long bytes, long step) {
    folder.restore(NAME);
    if (!folder.has(NAME)) {
      throw damaged("is missing");
    }
    try (InputStream input = folder.open(NAME);
        Beginning beginning = new Beginning(input, bytes)) {
      RunMetrics metrics = MetricsLog.read(beginning);
      if (beginning.remaining > 0) {
        throw damaged(
            "has "
                + (bytes - beginning.remaining)
                + " bytes where the checkpoint counted "
                + bytes);
      }
      if (!beginning.endsWithALine) {
        throw damaged("has no whole line where the checkpoint's step ends");
      }
      requireEveryStep(metrics.steps(), step);
      return metrics;
    } catch (IOException failure) {
      throw damaged("could not be read: " + failure.getMessage());
    }
  }

  private static void requireEveryStep(List<StepRecord> steps, long step) {
    if (steps.size() != step || (step > 0 && steps.get(steps.size() - 1).step() != step)) {
      throw damaged(
          "has "
              + steps.size()
              + (steps.size() == 1 ? " step" : " steps")
              + " where the checkpoint counted "
              + step);
    }
  }

  private static LockstepException damaged(String how) {
    return LockstepException.data(NAME + " " + how + ".");
  }

  /**
   * Keeps the first {@code bytes} of the file only; the file that is there is always the whole one
   * or the cut one.
   */
  static void cut(RunFolder folder, long bytes) {
    folder.restore(NAME);
    if (bytes == 0) {
      folder.removeFile(NAME);
    } else if (folder.isOnThisMachine()) {
      if (folder.size(NAME) != bytes) {
        folder.truncate(NAME, bytes);
      }
    } else {
      // The length of a file that a killed program had open is not to be trusted.
      folder.write(
          NAME,
          output -> {
            try (InputStream input = folder.open(NAME);
                Beginning beginning = new Beginning(input, bytes)) {
              beginning.transferTo(output);
            }
          });
    }
  }

  /** Where records go. */
  MetricsLog log() {
    return log;
  }

  /** Hands on all records, and returns how long the file is with them. */
  long flush() {
    try {
      log.flush();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return file.length();
  }

  /** Makes what was flushed last; on any thread, as long as no record comes meanwhile. */
  void settle() {
    file.settle();
  }

  @Override
  public void close() {
    try {
      log.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The first bytes of a stream. */
  private static final class Beginning extends FilterInputStream {
    private long remaining;
    private boolean endsWithALine = true;

    private Beginning(InputStream input, long bytes) {
      super(input);
      this.remaining = bytes;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (remaining == 0) {
        return -1;
      }
      int count = super.read(target, offset, (int) Math.min(length, remaining));
      if (count > 0) {
        remaining -= count;
        endsWithALine = target[offset + count - 1] == '\n';
      }
      return count;
    }
  }
}
