package dev.lockstep.driver.checkpoint;

import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes checkpoints on a thread of its own while the next gradient is computed, one at a time.
 *
 * <p>{@link #begin} when the state stands still, {@link #await} before it changes: nothing is
 * copied, and a run that is killed at any moment loses at most the steps since the last checkpoint
 * that was due. All methods but the writing itself are for the driver's thread.
 */
public final class BackgroundCheckpoints implements AutoCloseable {
  private static final double NANO = 1e-9;

  private final CheckpointStore store;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "lockstep-checkpoints");
            thread.setDaemon(true);
            return thread;
          });
  private Future<Long> inFlight;
  private int written;
  private long nanosWriting;
  private long nanosWaited;

  /** Nothing is written yet; {@code store} must not be used between begin and await. */
  public BackgroundCheckpoints(CheckpointStore store) {
    this.store = store;
  }

  /**
   * Starts to write {@code state}, which must stand still until {@link #await} has returned. Waits
   * for an earlier one first.
   *
   * @throws LockstepException of kind resource where the earlier one could not be written
   */
  public void begin(TrainingState state, RunIdentity identity, RunPosition position) {
    begin(state, identity, position, () -> {});
  }

  /**
   * As above, with something that must be durable before the checkpoint is.
   *
   * @param before makes it so, on the writer's thread
   */
  public void begin(
      TrainingState state, RunIdentity identity, RunPosition position, Runnable before) {
    await();
    inFlight =
        writer.submit(
            () -> {
              long start = System.nanoTime();
              before.run();
              store.write(state, identity, position);
              return System.nanoTime() - start;
            });
  }

  /** Whether a checkpoint is being written, or was and nobody has awaited it. */
  public boolean isInFlight() {
    return inFlight != null;
  }

  /**
   * Returns when the checkpoint that was begun is durable; at once where none was. Its failure is
   * told once.
   *
   * @throws LockstepException of kind resource where it could not be written, naming the folder,
   *     the cause and the last good checkpoint
   */
  public void await() {
    if (inFlight == null) {
      return;
    }
    long start = System.nanoTime();
    Future<Long> awaited = inFlight;
    inFlight = null;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          nanosWriting += awaited.get();
          written++;
          return;
        } catch (InterruptedException again) {
          // The state may not change before the writer is done, so there is no way out.
          interrupted = true;
        } catch (ExecutionException failure) {
          throw failed(failure.getCause());
        }
      }
    } finally {
      nanosWaited += System.nanoTime() - start;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static LockstepException failed(Throwable cause) {
    return cause instanceof LockstepException told
        ? new LockstepException(told.kind(), told.getMessage(), told)
        : new LockstepException(
            ErrorKind.INTERNAL, "A checkpoint could not be written: " + cause, cause);
  }

  /** How many checkpoints have been written. */
  public int written() {
    return written;
  }

  /** Seconds that the writing took, on its own thread. */
  public double secondsWriting() {
    return nanosWriting * NANO;
  }

  /** Seconds that the driver stood still for it. */
  public double secondsWaited() {
    return nanosWaited * NANO;
  }

  /** Waits for what is being written, as {@link #await}, and ends the thread. */
  @Override
  public void close() {
    try {
      await();
    } finally {
      writer.shutdown();
    }
  }
}
