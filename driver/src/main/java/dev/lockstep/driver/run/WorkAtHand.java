package dev.lockstep.driver.run;

import dev.lockstep.driver.cluster.Replicas;
import java.util.UUID;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a run's thread has Spark and its replicas compute, so that another thread can end the wait
 * for it. Opened and closed by the run's thread, whose Spark jobs have a tag of their own
 * meanwhile; other jobs of the application, and of other runs in it, are left alone.
 */
final class WorkAtHand implements AutoCloseable {
  private final JavaSparkContext spark;
  private final Replicas replicas;
  private final StopRequest stop;
  private final String tag = "lockstep-run-" + UUID.randomUUID();
  private boolean over;

  private WorkAtHand(JavaSparkContext spark, Replicas replicas, StopRequest stop) {
    this.spark = spark;
    this.replicas = replicas;
    this.stop = stop;
  }

  /**
   * The work of the calling thread from now on.
   *
   * @param stop is told that it can be given up, until it is closed
   */
  static WorkAtHand begin(JavaSparkContext spark, Replicas replicas, StopRequest stop) {
    WorkAtHand work = new WorkAtHand(spark, replicas, stop);
    spark.addJobTag(work.tag);
    stop.computing(work::giveUp);
    return work;
  }

  /**
   * Has what is being computed fail soon, and every attempt to compute more; on any thread, and
   * more than once, since a job may begin between two calls.
   */
  private synchronized void giveUp() {
    if (!over) {
      replicas.cancel();
      spark.cancelJobsWithTag(tag);
    }
  }

  @Override
  public void close() {
    stop.computed();
    synchronized (this) {
      over = true;
    }
    spark.removeJobTag(tag);
  }
}
