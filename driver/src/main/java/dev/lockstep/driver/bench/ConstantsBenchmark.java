package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.reduce.Contribution;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/** Measures the constants of {@link StepModel} on this machine. */
public final class ConstantsBenchmark {
  private static final double NANO = 1e-9;
  private static final int MANY_TASKS = 64;
  private static final int SMALL_MESSAGE = 1 << 10;
  private static final int LARGE_MESSAGE = 1 << 20;
  private static final int GRADIENT = 1 << 22;

  /** The smaller mini-batch, from which the fixed part of a step follows, is 1/8 of the larger. */
  private static final int SMALLER = 8;

  private final JavaSparkContext spark;
  private final StepBenchmark steps;
  private final int count;

  /**
   * A measurement.
   *
   * @param steps gives the empty jobs
   * @param count how often each thing is measured
   */
  public ConstantsBenchmark(JavaSparkContext spark, StepBenchmark steps, int count) {
    this.spark = spark;
    this.steps = steps;
    this.count = count;
  }

  /** All constants; the update's from steps of {@code workload}. */
  public StepModel.Constants measure(Workload workload) throws IOException {
    double job = Quantiles.median(steps.emptyJobs(count));
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < MANY_TASKS; i++) {
      numbers.add(i);
    }
    JavaRDD<Integer> many = spark.parallelize(numbers, MANY_TASKS);
    double[] manyTasks = new double[count];
    double[] shuffles = new double[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      require(many.count(), MANY_TASKS);
      manyTasks[i] = (System.nanoTime() - start) * NANO;
      start = System.nanoTime();
      require(
          spark
              .parallelize(List.of(1, 2), 2)
              .mapToPair(number -> new Tuple2<>(number, number))
              .partitionBy(new HashPartitioner(2))
              .count(),
          2);
      shuffles[i] = (System.nanoTime() - start) * NANO;
    }
    double roundTrip;
    double large;
    try (LoopbackProbe probe = new LoopbackProbe()) {
      probe.roundTrips(LARGE_MESSAGE, count);
      roundTrip = Quantiles.median(probe.roundTrips(SMALL_MESSAGE, 20 * count));
      large = Quantiles.median(probe.roundTrips(LARGE_MESSAGE, count));
    }
    return new StepModel.Constants(
        job,
        Math.max(0.0, (Quantiles.median(manyTasks) - job) / (MANY_TASKS - 2)),
        Math.max(0.0, Quantiles.median(shuffles) - job),
        roundTrip,
        Math.max(0.0, large - roundTrip) / (2.0 * LARGE_MESSAGE),
        additionSeconds() / (Float.BYTES * (double) GRADIENT),
        updateSeconds(workload) / workload.network().layout().trainableLength());
  }

  private static void require(long found, long expected) {
    if (found != expected) {
      throw new IllegalStateException("a job gave " + found + " elements, not " + expected);
    }
  }

  private double additionSeconds() {
    Contribution left = new Contribution(GRADIENT, new int[0]);
    Contribution right = new Contribution(GRADIENT, new int[0]);
    Arrays.fill(right.gradient(), 1f);
    double[] seconds = new double[2 * count];
    for (int i = 0; i < seconds.length; i++) {
      long start = System.nanoTime();
      left.merge(right);
      seconds[i] = (System.nanoTime() - start) * NANO;
    }
    if (left.gradient()[GRADIENT - 1] != seconds.length) {
      throw new IllegalStateException("sums of ones are not their number");
    }
    return Quantiles.median(seconds);
  }

  private double updateSeconds(Workload workload) {
    return Quantiles.median(
        recorded(workload).stream().mapToDouble(record -> record.seconds().update()).toArray());
  }

  private List<StepRecord> recorded(Workload workload) {
    int threads = Contender.slots(spark);
    List<Shard> shards = workload.data().shards(threads);
    try (MeasuredRun run = new MeasuredRun(workload, threads);
        Replicas replicas =
            new LocalReplicas(
                workload.blueprint(threads), Map.of(Split.TRAIN, shards), run.team())) {
      run.steps(replicas, count);
      run.steps(replicas, count);
      return run.records();
    }
  }

  /**
   * What a workload costs a core, from two mini-batch sizes: a straight line through both.
   *
   * @param workload its mini-batch is the larger one
   */
  public StepModel.Cost cost(Workload workload) {
    int parameters = workload.network().layout().trainableLength();
    int shares = Contender.slots(spark);
    int small = Math.max(shares, workload.batchSize() / SMALLER);
    double largeShare = StepModel.largestShare(workload.batchSize(), shares);
    double smallShare = StepModel.largestShare(small, shares);
    double largeSeconds = computeSeconds(workload);
    double smallSeconds = computeSeconds(workload.withBatchSize(small));
    double slope = (largeSeconds - smallSeconds) / (largeShare - smallShare);
    double fixed = largeSeconds - slope * largeShare;
    return slope > 0 && fixed > 0
        ? new StepModel.Cost(parameters, fixed, slope)
        : new StepModel.Cost(parameters, 0.0, largeSeconds / largeShare);
  }

  private double computeSeconds(Workload workload) {
    return Quantiles.median(
        recorded(workload).stream().mapToDouble(record -> record.seconds().compute()).toArray());
  }
}
