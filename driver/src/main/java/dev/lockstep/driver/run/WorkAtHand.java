package dev.lockstep.driver.run;

import dev.lockstep.driver.cluster.Replicas;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a run's thread has Spark and its replicas compute, so that another thread can end the wait
 * for it. Opened and closed by the run's thread, whose Spark jobs have a tag of their own
 * meanwhile; other jobs of the application, and of other runs in it, are left alone.
 */
final class WorkAtHand {
  private final JavaSparkContext spark;
  private final Replicas replicas;
  private final String tag = "lockstep-run-" + UUID.randomUUID();
  private boolean over;

  private WorkAtHand(JavaSparkContext spark, Replicas replicas) {
    this.spark = spark;
    this.replicas = replicas;
  }

  /**
   * Performs work on the calling thread.
   *
   * @param stop may have it given up meanwhile
   * @return what {@code work} returns; its exceptions pass
   */
  static <T> T perform(
      JavaSparkContext spark, Replicas replicas, StopRequest stop, Supplier<T> work) {
    WorkAtHand atHand = new WorkAtHand(spark, replicas);
    spark.addJobTag(atHand.tag);
    stop.computing(atHand::giveUp);
    try {
      return work.get();
    } finally {
      stop.computed();
      atHand.end();
      spark.removeJobTag(atHand.tag);
    }
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

  private synchronized void end() {
    over = true;
  }
}
