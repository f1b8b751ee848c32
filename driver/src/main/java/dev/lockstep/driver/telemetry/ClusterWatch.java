package dev.lockstep.driver.telemetry;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts what goes wrong on the cluster and is made good by Spark, or by repeating a step. */
final class ClusterWatch extends SparkListener {
  /** How Spark puts it when the driver has sent an executor away, as dynamic allocation does. */
  private static final String SENT_AWAY = "killed by driver";

  private final BiConsumer<String, String> lost;
  private final LongAdder executorsLost = new LongAdder();
  private final LongAdder tasksFailed = new LongAdder();
  private final LongAdder stagesFailed = new LongAdder();
  private final LongAdder stagesRetried = new LongAdder();

  /**
   * Counts from 0.
   *
   * @param lost told the id of each executor that was lost and the reason, on Spark's thread
   */
  ClusterWatch(BiConsumer<String, String> lost) {
    this.lost = lost;
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    if (!removed.reason().toLowerCase(Locale.ROOT).contains(SENT_AWAY)) {
      executorsLost.increment();
      lost.accept(removed.executorId(), removed.reason());
    }
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.taskInfo() != null && end.taskInfo().failed()) {
      tasksFailed.increment();
    }
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    if (submitted.stageInfo().attemptNumber() > 0) {
      stagesRetried.increment();
    }
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted completed) {
    if (completed.stageInfo().failureReason().isDefined()) {
      stagesFailed.increment();
    }
  }

  /** Executors that went without being sent away. */
  long executorsLost() {
    return executorsLost.sum();
  }

  /** Attempts at tasks that failed, those on lost executors included. */
  long tasksFailed() {
    return tasksFailed.sum();
  }

  /** Attempts at stages that failed. */
  long stagesFailed() {
    return stagesFailed.sum();
  }

  /** Attempts at stages after the first one. */
  long stagesRetried() {
    return stagesRetried.sum();
  }
}
