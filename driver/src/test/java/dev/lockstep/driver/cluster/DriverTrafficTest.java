package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches the driver in a step does not grow with the number of partitions. */
class DriverTrafficTest {
  /** What Spark itself puts around the result of a task, accumulators included. */
  private static final long BYTES_AROUND_A_RESULT = 6000;

  /** Adds up the results of tasks that answer the driver, as serialized. */
  private static final class Received extends SparkListener {
    private final AtomicLong bytes = new AtomicLong();
    private final Map<Integer, Boolean> jobs = new ConcurrentHashMap<>();

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (end.taskType().equals("ResultTask")) {
        bytes.addAndGet(end.taskMetrics().resultSize());
      }
    }

    @Override
    public void onJobEnd(SparkListenerJobEnd end) {
      jobs.put(end.jobId(), true);
    }

    /** Bytes once so many jobs have ended. */
    long after(int count) throws InterruptedException {
      for (int attempt = 0; attempt < 600 && jobs.size() < count; attempt++) {
        Thread.sleep(50);
      }
      assertThat(jobs).hasSize(count);
      return bytes.get();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 16, 64, 256})
  void atMostThreeGradientsWhateverTheNumberOfPartitions(int partitions)
      throws InterruptedException, TimeoutException {
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        PreparedData data =
            DataPreparation.prepare(spark, TrainingFixture.digits(), partitions, partitions)) {
      ReplicaBlueprint blueprint = TrainingFixture.wideBlueprint(data, partitions);
      Network network = blueprint.network();
      ParameterVector parameters = network.initialParameters(1);
      long gradient = (long) network.layout().trainableLength() * Float.BYTES;
      try (Replicas replicas =
          new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, data.train().shards()), false)) {
        Received received = new Received();
        // What the preparation has still to tell is none of its business.
        spark.sc().listenerBus().waitUntilEmpty();
        spark.sc().addSparkListener(received);
        replicas.compute(parameters, StepPlan.of(1, blueprint.plan().stepsPerEpoch()));
        long bytes = received.after(1);
        assertThat(bytes)
            .as("bytes received, gradients of %d bytes", gradient)
            .isBetween(gradient, 3 * gradient);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 64})
  void nothingModelSizedWhereMemoryIsShared(int partitions)
      throws InterruptedException, TimeoutException {
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        PreparedData data =
            DataPreparation.prepare(spark, TrainingFixture.digits(), partitions, partitions)) {
      ReplicaBlueprint blueprint = TrainingFixture.wideBlueprint(data, partitions);
      Network network = blueprint.network();
      ParameterVector parameters = network.initialParameters(1);
      try (Replicas replicas =
          new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, data.train().shards()))) {
        Received received = new Received();
        // What the preparation has still to tell is none of its business.
        spark.sc().listenerBus().waitUntilEmpty();
        spark.sc().addSparkListener(received);
        replicas.compute(parameters, StepPlan.of(1, blueprint.plan().stepsPerEpoch()));
        assertThat(received.after(1))
            .as("bytes received")
            .isLessThan(partitions * BYTES_AROUND_A_RESULT);
      }
    }
  }
}
