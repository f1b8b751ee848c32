package dev.lockstep.driver.checkpoint;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * What happens to a writer that dies: it is let so many operations that change something, and from
 * then on nothing works any more, reading neither.
 */
public final class Death implements HookedFileSystem.Hook {
  private final int operations;
  private final Set<String> kinds = new TreeSet<>();
  private int seen;

  /** Comes after {@code operations}. */
  public Death(int operations) {
    this.operations = operations;
  }

  @Override
  public synchronized void before(String operation, Path path) throws IOException {
    if (!operation.equals("read")) {
      seen++;
      kinds.add(operation);
    }
    if (hasCome()) {
      throw new IOException("the writer is dead");
    }
  }

  /** Whether an operation was not let through. */
  public synchronized boolean hasCome() {
    return seen > operations;
  }

  /** The kinds of operations so far, by name. */
  public synchronized Set<String> kinds() {
    return new TreeSet<>(kinds);
  }
}
