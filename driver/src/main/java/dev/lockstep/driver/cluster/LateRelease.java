package dev.lockstep.driver.cluster;

import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Releases what a step leaves on the cluster while the driver is busy with the next thing: one
 * thread, in order, and nothing is ever skipped. A step's leftovers are gone before those of the
 * step after the next come up.
 *
 * <p>Used by one thread.
 */
final class LateRelease implements AutoCloseable {
  /** Releases that may be under way while new ones come up. */
  private static final int PENDING = 2;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread daemon = new Thread(work, "lockstep-release");
            daemon.setDaemon(true);
            return daemon;
          });

  private final ArrayDeque<Future<Void>> pending = new ArrayDeque<>();

  /**
   * Runs {@code release} soon. Waits for older ones where too many are under way.
   *
   * @throws RuntimeException what an older release threw
   */
  void soon(Runnable release) {
    FutureTask<Void> task = new FutureTask<>(release, null);
    pending.addLast(task);
    thread.execute(task);
    while (pending.size() > PENDING) {
      await(pending.removeFirst());
    }
  }

  /** Waits until everything is released. */
  @Override
  public void close() {
    thread.shutdown();
    while (!pending.isEmpty()) {
      await(pending.removeFirst());
    }
  }

  private static void await(Future<Void> release) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          release.get();
          return;
        } catch (InterruptedException interruption) {
          interrupted = true;
        }
      }
    } catch (ExecutionException failure) {
      throw new IllegalStateException(
          "what a step left on the cluster could not be released", failure.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
