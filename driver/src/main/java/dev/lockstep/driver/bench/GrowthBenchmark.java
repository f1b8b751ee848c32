package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.TreeReplicas;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** How a step grows with shards, partitions and parameters, and what of it reaches the driver. */
public final class GrowthBenchmark {
  private static final int BYTES_STEPS = 2;

  private final JavaSparkContext spark;
  private final StepBenchmark steps;
  private final Consumer<String> progress;

  /** A benchmark that measures times with {@code steps}. */
  public GrowthBenchmark(JavaSparkContext spark, StepBenchmark steps, Consumer<String> progress) {
    this.spark = spark;
    this.steps = steps;
    this.progress = progress;
  }

  /**
   * The same run with each of these numbers of shards, in as many partitions as there are slots.
   */
  public List<StepBenchmark.Result> withShards(Workload workload, List<Integer> shards) {
    List<StepBenchmark.Result> results = new ArrayList<>();
    for (int count : shards) {
      results.add(steps.measure(workload, count, Math.min(count, Contender.slots(spark))));
    }
    return results;
  }

  /** The same shards in each of these numbers of partitions. */
  public List<StepBenchmark.Result> withPartitions(
      Workload workload, int shards, List<Integer> partitions) {
    List<StepBenchmark.Result> results = new ArrayList<>();
    for (int count : partitions) {
      results.add(steps.measure(workload, shards, count));
    }
    return results;
  }

  /**
   * Bytes of task results that reach the driver in a step.
   *
   * @param partitions tasks of a step
   * @param bytesPerStep what the driver receives in a step
   * @param gradientBytes size of the gradient in float32
   */
  public record DriverBytes(int partitions, long bytesPerStep, long gradientBytes) {
    /** Received bytes in gradients. */
    public double gradients() {
      return (double) bytesPerStep / gradientBytes;
    }
  }

  /**
   * Bytes that reach the driver where the same shards lie in so many partitions and all tasks
   * answer as from another process.
   */
  public List<DriverBytes> driverBytes(Workload workload, int shards, List<Integer> partitions) {
    long gradientBytes = (long) Float.BYTES * workload.network().layout().trainableLength();
    List<DriverBytes> results = new ArrayList<>();
    String sha256 = null;
    for (int count : partitions) {
      try (MeasuredRun run = new MeasuredRun(workload, Contender.slots(spark));
          ClusterExamples data = new ClusterExamples(spark, workload.data(), shards, count);
          Replicas replicas =
              new TreeReplicas(
                  spark, workload.blueprint(shards), Map.of(Split.TRAIN, data.shards()), false);
          ResultBytes bytes = new ResultBytes(spark)) {
        bytes.take();
        run.steps(replicas, BYTES_STEPS);
        DriverBytes result = new DriverBytes(count, bytes.take() / BYTES_STEPS, gradientBytes);
        results.add(result);
        progress.accept(
            String.format(
                Locale.ROOT,
                "%d shards in %d partitions: %.2f gradients a step reach the driver",
                shards,
                count,
                result.gradients()));
        String mine = run.parametersSha256();
        if (sha256 != null && !sha256.equals(mine)) {
          throw new LockstepException(
              ErrorKind.INTERNAL, count + " partitions gave other parameters than fewer did.");
        }
        sha256 = mine;
      }
    }
    return results;
  }
}
