package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One job whose tasks run in the driver's JVM: the parameters they read and the sum they bring
 * together. Of several attempts at a partition the first that delivers counts: until the round is
 * over the parameters stand still, so all attempts have the same bits.
 *
 * <p>Safe for several tasks at once; the additions run outside the lock.
 */
final class SharedRound {
  private final long number;
  private final ParameterVector parameters;
  private final TreeSum<Contribution> sum;
  private final Set<Integer> delivered = new HashSet<>();
  private int adding;
  private Throwable failure;
  private boolean over;

  /**
   * A round that has begun.
   *
   * @param number tells rounds of one exchange apart
   * @param parameters θ, unchanged until the round is over
   * @param recycler takes contributions whose contents were added to others
   */
  SharedRound(
      long number, ParameterVector parameters, ShardTree tree, Consumer<Contribution> recycler) {
    this.number = number;
    this.parameters = parameters;
    this.sum = new TreeSum<>(tree, recycler);
  }

  /** Number of the round. */
  long number() {
    return number;
  }

  /** The parameters; only until the round is over do they stand still. */
  ParameterVector parameters() {
    return parameters;
  }

  /**
   * Adds what a task found.
   *
   * @param partition the task's; all its attempts bring the same
   * @param part belongs to the round from now on, if it is taken
   * @return whether it was taken: not when another attempt was faster, nor after the end
   */
  boolean deliver(int partition, TreeSum<Contribution> part) {
    synchronized (this) {
      if (over || !delivered.add(partition)) {
        return false;
      }
      adding++;
    }
    Throwable thrown = null;
    try {
      part.pieces().forEach(sum::add);
    } catch (RuntimeException | Error problem) {
      thrown = problem;
      throw problem;
    } finally {
      finished(thrown);
    }
    return true;
  }

  private synchronized void finished(Throwable thrown) {
    adding--;
    if (failure == null) {
      failure = thrown;
    }
    notifyAll();
  }

  /**
   * Ends the round and returns its sum: once all tasks have succeeded. An attempt that came second
   * may have succeeded while the first is still adding, so this waits for additions that have
   * begun.
   */
  Contribution total() {
    boolean interrupted = false;
    synchronized (this) {
      over = true;
      while (adding > 0) {
        try {
          wait();
        } catch (InterruptedException interruption) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure != null) {
        throw new IllegalStateException("a contribution could not be added", failure);
      }
    }
    return sum.total();
  }

  /** Ends the round; nothing is taken any more. */
  synchronized void end() {
    over = true;
  }
}
