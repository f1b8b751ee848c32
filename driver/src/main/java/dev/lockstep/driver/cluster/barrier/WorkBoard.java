package dev.lockstep.driver.cluster.barrier;

import java.util.function.BooleanSupplier;
import org.apache.spark.TaskKilledException;

/** Where the tasks of one process wait for their next work. */
final class WorkBoard {
  /** Between two looks at whether Spark has killed the task. */
  private static final long LOOK_MILLISECONDS = 100;

  private Work current;
  private RuntimeException failure;

  /** Puts up work; everyone who waits wakes. */
  synchronized void post(Work work) {
    current = work;
    notifyAll();
  }

  /** Ends all waiting with a failure, unless the end was put up before. */
  synchronized void fail(RuntimeException reason) {
    if (failure == null && !(current instanceof Work.End)) {
      failure = reason;
      notifyAll();
    }
  }

  /** Whether the end was put up. */
  synchronized boolean isOver() {
    return current instanceof Work.End;
  }

  /**
   * Waits for work that comes after the given one.
   *
   * @param after sequence number of the last work done
   * @param killed whether Spark wants the task to end
   * @param milliseconds how long
   * @return null when the time is over
   */
  synchronized Work await(long after, BooleanSupplier killed, long milliseconds)
      throws InterruptedException {
    long end = System.nanoTime() + milliseconds * 1_000_000;
    while (true) {
      if (failure != null) {
        throw failure;
      }
      if (killed.getAsBoolean() && !(current instanceof Work.End)) {
        throw new TaskKilledException("the barrier stage was canceled");
      }
      if (current != null && current.sequence() > after) {
        return current;
      }
      if (System.nanoTime() >= end) {
        return null;
      }
      wait(LOOK_MILLISECONDS);
    }
  }
}
