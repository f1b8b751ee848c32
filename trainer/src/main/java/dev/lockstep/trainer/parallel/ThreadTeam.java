package dev.lockstep.trainer.parallel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A fixed number of threads, the caller's among them, that work through numbered items together:
 * one call of {@link #run} after the other, several a training step. With one thread everything
 * runs on the caller's.
 *
 * <p>A hand-out costs about a microsecond while the helpers are awake, and allocates nothing. A
 * helper that runs out of work watches for the next call for some tens of microseconds before it
 * sleeps, and so does a caller who waits for helpers: waking a thread takes longer than updating a
 * small network. Where there are more threads than processors, both sleep at once. Nobody waits for
 * a helper that has not begun when the items run out, as on a machine that is busy with other work.
 *
 * <p>Used by one caller at a time, and never from inside its own work.
 */
public final class ThreadTeam implements AutoCloseable {
  private static final long WATCH_NANOS = 50_000;
  private static final int LOOKS_PER_CLOCK = 32;

  /** What the gate shows when helpers are to end. */
  private static final long ENDED = -1;

  private static final long NEXT_NUMBER = 1L << Integer.SIZE;

  private final Helper[] helpers;
  private final long watchNanos;
  private final AtomicInteger next = new AtomicInteger();

  /**
   * High 32 bits: a number, odd while a round is open to helpers and even when it is closed. Low 32
   * bits: helpers at work. In one variable, so that no helper enters a round that has just been
   * closed: the caller waits for those inside, not for those who overslept.
   */
  private final AtomicLong gate = new AtomicLong();

  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private Work work;
  private Consumer<Throwable> onFailure = ThreadTeam::tellNobody;
  private int items;
  private int started;

  private volatile Thread sleepingCaller;

  /** What is done to an item. */
  @FunctionalInterface
  public interface Work {
    /**
     * Does one item. What it gives must not depend on the thread.
     *
     * @param thread 0 … threads-1: who is at it, for memory that belongs to a thread
     * @param item 0 … items-1
     */
    void run(int thread, int item);
  }

  /**
   * A team whose threads, all but the caller's, are daemons that start when first needed.
   *
   * @param name of the threads
   * @param threads at least 1, the caller's included
   */
  public ThreadTeam(String name, int threads) {
    this.helpers = new Helper[threads - 1];
    this.watchNanos = threads <= Runtime.getRuntime().availableProcessors() ? WATCH_NANOS : 0;
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(name, i + 1);
      helpers[i].setDaemon(true);
    }
  }

  /** A team of the caller's thread alone, which needs no closing. */
  public static ThreadTeam ofCaller() {
    return new ThreadTeam("", 1);
  }

  /** Number of threads, the caller's included. */
  public int threads() {
    return helpers.length + 1;
  }

  /**
   * Does the items 0 … items-1, each once, and returns when all are done. After a failure no new
   * item is begun, and the failure is thrown once every thread has stopped. The interruption of the
   * caller is such a failure; the caller stays interrupted.
   */
  public void run(int itemCount, Work itemWork) {
    run(itemCount, itemWork, ThreadTeam::tellNobody);
  }

  /**
   * As above, for work that may wait for others.
   *
   * @param watcher told of every failure as soon as it is there, by the thread that failed; to
   *     release those who would wait for it
   */
  public void run(int itemCount, Work itemWork, Consumer<Throwable> watcher) {
    if (gate.get() == ENDED) {
      throw new IllegalStateException("a closed team does no work");
    }
    work = itemWork;
    onFailure = watcher;
    items = itemCount;
    failure.set(null);
    next.set(0);
    int useful = Math.min(helpers.length, itemCount - 1);
    if (useful > 0) {
      // Before the gate opens: a thread that cannot be started must not leave it open.
      for (; started < useful; started++) {
        helpers[started].start();
      }
      gate.set(numberAfter(gate.get()));
      for (int i = 0; i < useful; i++) {
        helpers[i].wake();
      }
    }
    drain(0);
    if (useful > 0) {
      gate.addAndGet(NEXT_NUMBER);
    }
    awaitHelpers();
    work = null;
    onFailure = ThreadTeam::tellNobody;
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown != null) {
      throw new IllegalStateException(thrown);
    }
  }

  /** The gate at the next number, with nobody at work. */
  private static long numberAfter(long seen) {
    return (((seen >>> Integer.SIZE) + 1) & Integer.MAX_VALUE) << Integer.SIZE;
  }

  private boolean helpersAreAtWork() {
    return (int) gate.get() != 0;
  }

  private static void tellNobody(Throwable failure) {}

  private void drain(int thread) {
    try {
      for (int item = next.getAndIncrement(); item < items; item = next.getAndIncrement()) {
        work.run(thread, item);
      }
    } catch (Throwable thrown) {
      // Also what is not declared, as methods written in Scala throw it: the others wait for word.
      stop(thrown);
    }
  }

  private void stop(Throwable reason) {
    failure.compareAndSet(null, reason);
    next.set(items);
    onFailure.accept(reason);
  }

  /**
   * Waits for the helpers even when interrupted: one that is left at work would share its memory
   * with the next round.
   */
  private void awaitHelpers() {
    boolean interrupted = false;
    long start = System.nanoTime();
    for (int look = 1; ; look++) {
      if (Thread.interrupted()) {
        interrupted = true;
        stop(new IllegalStateException("interrupted while a team of threads was at work"));
      }
      if (!helpersAreAtWork()) {
        break;
      }
      if (isWatching(look, start)) {
        Thread.onSpinWait();
      } else {
        sleepingCaller = Thread.currentThread();
        if (helpersAreAtWork()) {
          LockSupport.park(this);
        }
        sleepingCaller = null;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether to look again at once; the clock is asked now and then only. */
  private boolean isWatching(int look, long start) {
    return look % LOOKS_PER_CLOCK != 0 || System.nanoTime() - start < watchNanos;
  }

  /** Ends the threads; nothing may be at work. */
  @Override
  public void close() {
    gate.set(ENDED);
    for (Helper helper : helpers) {
      helper.wake();
    }
  }

  private final class Helper extends Thread {
    private final int number;
    private volatile boolean sleeping;

    private Helper(String name, int number) {
      super(name);
      this.number = number;
    }

    private void wake() {
      if (sleeping) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      long last = 0;
      while (true) {
        long open = awaitOpenAfter(last);
        if (open == ENDED) {
          return;
        }
        if (gate.compareAndSet(open, open + 1)) {
          last = open >>> Integer.SIZE;
          try {
            drain(number);
          } finally {
            if ((int) gate.decrementAndGet() == 0) {
              LockSupport.unpark(sleepingCaller);
            }
          }
        }
      }
    }

    /** The gate when it is open for another round than the last that this thread was in. */
    private long awaitOpenAfter(long last) {
      long start = System.nanoTime();
      for (int look = 1; ; look++) {
        long now = gate.get();
        if (isNews(now, last)) {
          return now;
        }
        if (isWatching(look, start)) {
          Thread.onSpinWait();
        } else {
          sleeping = true;
          if (!isNews(gate.get(), last)) {
            LockSupport.park(ThreadTeam.this);
          }
          sleeping = false;
        }
      }
    }

    private boolean isNews(long now, long last) {
      long number = now >>> Integer.SIZE;
      return now == ENDED || ((number & 1) == 1 && number != last);
    }
  }
}
