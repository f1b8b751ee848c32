package dev.lockstep.driver.bench;

import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Arithmetic alone: whole training steps by threads of this JVM, the update included, as a share of
 * the rate at which the same threads do nothing but the step's matrix products. Windows of both
 * alternate in one process, so that whatever else the machine does falls on both.
 */
public final class ArithmeticBenchmark {
  private static final int CHECKED_STEPS = 3;

  private final int threads;
  private final int rounds;
  private final double windowSeconds;
  private final Consumer<String> progress;

  /**
   * A measurement of the given length.
   *
   * @param threads threads and shards, at least 1
   * @param rounds pairs of windows, at least 1
   * @param windowSeconds length of a window
   * @param progress told what is going on
   */
  public ArithmeticBenchmark(
      int threads, int rounds, double windowSeconds, Consumer<String> progress) {
    this.threads = threads;
    this.rounds = rounds;
    this.windowSeconds = windowSeconds;
    this.progress = progress;
  }

  /**
   * What was measured.
   *
   * @param workload what was trained
   * @param parameters of the network
   * @param flops floating-point operations of a step's products
   * @param referenceSeconds median over all windows of a window's median time of the products
   * @param stepSeconds likewise of a step
   * @param share median over the pairs of windows of products' time over step's time
   * @param undisturbedShare lowest tenth of all products' times over lowest tenth of all steps'
   * @param sha256 of the parameters at the end
   */
  public record Result(
      Workload workload,
      int parameters,
      long flops,
      double referenceSeconds,
      double stepSeconds,
      double share,
      double undisturbedShare,
      String sha256) {
    /** Examples a second of the products alone. */
    public double referenceRate() {
      return workload.batchSize() / referenceSeconds;
    }

    /** Examples a second of training. */
    public double rate() {
      return workload.batchSize() / stepSeconds;
    }
  }

  /** Measures one workload. */
  public Result measure(Workload workload) {
    int share = Math.max(1, workload.batchSize() / threads);
    GemmList list = GemmList.of(workload.network(), share);
    GemmReference reference = new GemmReference(list, threads);
    List<Shard> shards = workload.data().shards(threads);
    try (MeasuredRun run = new MeasuredRun(workload, threads);
        Replicas replicas = replicas(workload, shards, run)) {
      checkAgainstOneThread(workload, shards, run, replicas);
      // Compilation ends during the first of these, and the second tells how long a step takes.
      steps(run, replicas, windowSeconds);
      reference.measure(windowSeconds);
      int count = steps(run, replicas, windowSeconds);
      double[] ratios = new double[rounds];
      double[] referenceMedians = new double[rounds];
      double[] stepMedians = new double[rounds];
      List<double[]> products = new ArrayList<>();
      List<double[]> steps = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        double[] productTimes = reference.measure(windowSeconds);
        double[] stepTimes = run.steps(replicas, count);
        referenceMedians[round] = Quantiles.median(productTimes);
        stepMedians[round] = Quantiles.median(stepTimes);
        ratios[round] = referenceMedians[round] / stepMedians[round];
        products.add(productTimes);
        steps.add(stepTimes);
        progress.accept(
            String.format(
                Locale.ROOT,
                "%s round %d: products %.3f ms, step %.3f ms, share %.3f",
                workload.name(),
                round + 1,
                referenceMedians[round] * 1e3,
                stepMedians[round] * 1e3,
                ratios[round]));
      }
      return new Result(
          workload,
          workload.network().layout().trainableLength(),
          threads * list.flops(),
          Quantiles.median(referenceMedians),
          Quantiles.median(stepMedians),
          Quantiles.median(ratios),
          Quantiles.lowestTenth(Quantiles.joined(products))
              / Quantiles.lowestTenth(Quantiles.joined(steps)),
          run.parametersSha256());
    }
  }

  /** Takes steps for about so many seconds; returns how many. */
  private static int steps(MeasuredRun run, Replicas replicas, double seconds) {
    int steps = 0;
    double taken = 0.0;
    while (taken < seconds) {
      taken += run.steps(replicas, 1)[0];
      steps++;
    }
    return steps;
  }

  private Replicas replicas(Workload workload, List<Shard> shards, MeasuredRun run) {
    return new LocalReplicas(workload.blueprint(threads), Map.of(Split.TRAIN, shards), run.team());
  }

  private void checkAgainstOneThread(
      Workload workload, List<Shard> shards, MeasuredRun run, Replicas replicas) {
    run.steps(replicas, CHECKED_STEPS);
    try (MeasuredRun alone = new MeasuredRun(workload, 1);
        Replicas one = replicas(workload, shards, alone)) {
      alone.steps(one, CHECKED_STEPS);
      if (!alone.parametersSha256().equals(run.parametersSha256())) {
        throw new LockstepException(
            ErrorKind.INTERNAL,
            workload.name() + ": " + threads + " threads and one give different parameters.");
      }
    }
  }
}
