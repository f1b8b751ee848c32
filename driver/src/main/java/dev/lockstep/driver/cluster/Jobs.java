package dev.lockstep.driver.cluster;

import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.Function2;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Runs jobs whose results are taken as they arrive. With a named class as the task there is no
 * closure that Spark would have to analyze, and no RDD beside the one that is read.
 */
final class Jobs {
  private Jobs() {}

  /** Takes the result of one task. */
  interface ResultHandler<R> {
    /** Called on Spark's scheduler thread, once for each partition, one after another. */
    void accept(int partition, R result);
  }

  /**
   * One task for each partition; returns once the handler has seen all results.
   *
   * @param task runs where the partition is; serializable
   */
  @SuppressWarnings("unchecked") // Spark asks for a tag, but results that are handed on need none.
  static <T, R> void run(
      JavaSparkContext spark,
      RDD<T> rdd,
      Function2<TaskContext, Iterator<T>, R> task,
      ResultHandler<R> handler) {
    spark
        .sc()
        .runJob(
            rdd,
            task,
            new AbstractFunction2<Object, R, BoxedUnit>() {
              @Override
              public BoxedUnit apply(Object partition, R result) {
                handler.accept((Integer) partition, result);
                return BoxedUnit.UNIT;
              }
            },
            (ClassTag<R>) ClassTag$.MODULE$.Object());
  }
}
