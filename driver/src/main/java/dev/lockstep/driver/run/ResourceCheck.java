package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.driver.cluster.ResourceEstimate;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.trainer.network.Network;
import org.apache.spark.api.java.JavaSparkContext;

/** Finds out what a run's {@link ResourceEstimate} depends on. */
final class ResourceCheck {
  private ResourceCheck() {}

  /** The estimate for a run on this cluster as it is now. */
  static ResourceEstimate of(JavaSparkContext spark, RunSetup setup) {
    return ResourceEstimate.of(work(setup), place(spark, setup));
  }

  private static ResourceEstimate.Work work(RunSetup setup) {
    RunConfiguration run = setup.configuration();
    Network network = setup.network();
    return new ResourceEstimate.Work(
        network.layout().length(),
        network.layout().trainableLength(),
        run.optimizer().slotNames().size(),
        run.training().earlyStopping() != null,
        network.trainingValuesPerRow(),
        (run.training().batchSize() - 1) / setup.shards() + 1,
        network.evaluationRows());
  }

  private static ResourceEstimate.Place place(JavaSparkContext spark, RunSetup setup) {
    boolean oneProcess = spark.isLocal();
    // All threads of the driver are one task where no job is run for a step.
    Synchronizer synchronizer = setup.configuration().training().synchronizer();
    boolean oneTask =
        synchronizer == Synchronizer.LOCAL || (synchronizer == Synchronizer.AUTO && oneProcess);
    int partitions = setup.data().train().shards().getNumPartitions();
    return new ResourceEstimate.Place(
        setup.shards(),
        oneTask ? 1 : partitions,
        threadsPerTask(spark, setup, oneTask),
        // The driver is in the list too.
        oneProcess ? 0 : Math.max(1, spark.sc().statusTracker().getExecutorInfos().length - 1),
        dataBytes(setup.data()),
        Runtime.getRuntime().maxMemory(),
        spark.getConf().getSizeAsMb("spark.executor.memory", "1g") << 20);
  }

  private static int threadsPerTask(JavaSparkContext spark, RunSetup setup, boolean oneTask) {
    if (!setup.network().statisticsPoints().isEmpty()) {
      // Shards that meet in the middle of a step have a thread each.
      return setup.shards();
    }
    return oneTask
        ? Math.min(setup.shards(), spark.defaultParallelism())
        : spark.getConf().getInt("spark.task.cpus", 1);
  }

  private static long dataBytes(PreparedData data) {
    long examples =
        data.train().examples()
            + data.validation().map(PreparedSplit::examples).orElse(0L)
            + data.test().map(PreparedSplit::examples).orElse(0L);
    return examples * (data.inputShape().size() + 1L) * Float.BYTES;
  }
}
