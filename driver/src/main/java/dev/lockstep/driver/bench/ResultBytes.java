package dev.lockstep.driver.bench;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Counts the bytes of task results that reach the driver, as Spark reports them. Closing it stops
 * the count.
 */
final class ResultBytes implements AutoCloseable {
  private static final String DESCRIPTION = "spark.job.description";
  private static final long PATIENCE_SECONDS = 60;

  private final JavaSparkContext spark;
  private final JavaRDD<Integer> one;
  private final Counter counter = new Counter();
  private int marks;

  ResultBytes(JavaSparkContext spark) {
    this.spark = spark;
    this.one = spark.parallelize(List.of(1), 1);
    spark.sc().addSparkListener(counter);
  }

  /** Bytes of all jobs that ended since the last call, without those of this call's own job. */
  long take() {
    // Listeners hear of tasks some time later, but in order: a job of our own ends the wait.
    String mark = "lockstep bench mark " + ++marks;
    CountDownLatch heard = counter.waitFor(mark);
    String before = spark.getLocalProperty(DESCRIPTION);
    spark.setJobDescription(mark);
    try {
      one.count();
      if (!heard.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new LockstepException(
            ErrorKind.INTERNAL,
            "Spark did not report the end of a job within " + PATIENCE_SECONDS + " s.");
      }
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorKind.INTERNAL, "interrupted while result sizes were counted", interruption);
    } finally {
      spark.setJobDescription(before);
    }
    return counter.bytesBeforeMark.get();
  }

  @Override
  public void close() {
    spark.sc().removeSparkListener(counter);
  }

  /** Runs on Spark's listener thread. */
  private static final class Counter extends SparkListener {
    private final AtomicLong bytesBeforeMark = new AtomicLong();
    private volatile String mark = "";
    private volatile CountDownLatch heard = new CountDownLatch(0);
    private long bytes;
    private int markJob = -1;

    CountDownLatch waitFor(String description) {
      CountDownLatch latch = new CountDownLatch(1);
      heard = latch;
      mark = description;
      return latch;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd task) {
      if (markJob < 0 && task.taskMetrics() != null) {
        bytes += task.taskMetrics().resultSize();
      }
    }

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      if (job.properties() != null && mark.equals(job.properties().getProperty(DESCRIPTION))) {
        markJob = job.jobId();
      }
    }

    @Override
    public void onJobEnd(SparkListenerJobEnd job) {
      if (job.jobId() == markJob) {
        bytesBeforeMark.set(bytes);
        bytes = 0;
        markJob = -1;
        heard.countDown();
      }
    }
  }
}
