package dev.lockstep.driver.bench;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * How fast the machine does nothing but a step's matrix products: every thread runs its own stream
 * of single-threaded calls over its share of the mini-batch, again and again, without waiting for
 * the others. What training adds to this time is all that is not a product.
 */
public final class GemmReference {
  private static final double NANO = 1e-9;

  private final List<GemmStream> streams = new ArrayList<>();

  /**
   * Streams for all threads, checked against plain loops.
   *
   * @param list products of one thread's share of the mini-batch
   * @param threads at least 1
   */
  public GemmReference(GemmList list, int threads) {
    for (int thread = 0; thread < threads; thread++) {
      GemmStream stream = new GemmStream(list);
      stream.run();
      stream.check();
      streams.add(stream);
    }
  }

  /**
   * Seconds of each run of the list while all threads run theirs, over a window of the given
   * length. What the threads do before all have begun is not counted.
   */
  public double[] measure(double seconds) {
    CountDownLatch ready = new CountDownLatch(streams.size());
    long length = (long) (seconds / NANO);
    List<Worker> workers = new ArrayList<>();
    for (GemmStream stream : streams) {
      Worker worker = new Worker(stream, ready, length);
      workers.add(worker);
      worker.start();
    }
    double[] all = new double[0];
    for (Worker worker : workers) {
      double[] times = worker.times();
      int before = all.length;
      all = Arrays.copyOf(all, before + times.length);
      System.arraycopy(times, 0, all, before, times.length);
    }
    return all;
  }

  private static final class Worker extends Thread {
    private final GemmStream stream;
    private final CountDownLatch ready;
    private final long length;
    private double[] seconds = new double[1024];
    private int count;

    Worker(GemmStream stream, CountDownLatch ready, long length) {
      super("lockstep-reference");
      setDaemon(true);
      this.stream = stream;
      this.ready = ready;
      this.length = length;
    }

    @Override
    public void run() {
      ready.countDown();
      try {
        ready.await();
      } catch (InterruptedException interruption) {
        interrupt();
        return;
      }
      long begin = System.nanoTime();
      long before = begin;
      while (count == 0 || before - begin < length) {
        stream.run();
        long now = System.nanoTime();
        if (count == seconds.length) {
          seconds = Arrays.copyOf(seconds, 2 * count);
        }
        seconds[count++] = (now - before) * NANO;
        before = now;
      }
    }

    double[] times() {
      try {
        join();
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new LockstepException(
            ErrorKind.INTERNAL, "interrupted while matrix products were measured", interruption);
      }
      return Arrays.copyOf(seconds, count);
    }
  }
}
