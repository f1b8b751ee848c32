package dev.lockstep.driver.bench;

import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a step costs beside its arithmetic: the same run by every {@link Contender}, in windows that
 * alternate with each other and with empty two-task jobs. All contenders take the same steps, so
 * their parameters must agree in every bit.
 */
public final class StepBenchmark implements AutoCloseable {
  private static final double NANO = 1e-9;
  private static final int FIRST_STEPS = 6;
  private static final int MIN_STEPS = 3;
  private static final int MAX_STEPS = 200;
  private static final int COPIES = 4;

  private final JavaSparkContext spark;
  private final int rounds;
  private final double windowSeconds;
  private final Consumer<String> progress;
  private final JavaRDD<Integer> two;

  /**
   * Measurements of the given length.
   *
   * @param rounds times that every contender has its turn, at least 1
   * @param windowSeconds about how long the slowest contender's turn takes
   * @param progress told what is going on
   */
  public StepBenchmark(
      JavaSparkContext spark, int rounds, double windowSeconds, Consumer<String> progress) {
    this.spark = spark;
    this.rounds = rounds;
    this.windowSeconds = windowSeconds;
    this.progress = progress;
    this.two = spark.parallelize(List.of(1, 2), 2).cache();
  }

  /**
   * Times of one contender.
   *
   * @param stepSeconds median over the rounds of a round's median step
   * @param beyondComputeSeconds likewise, of a step less the longest computation of its tasks
   */
  public record Times(double stepSeconds, double beyondComputeSeconds) {}

  /**
   * What one case gave.
   *
   * @param workload what was trained
   * @param parameters of the network
   * @param shards of the run
   * @param partitions tasks of a step
   * @param emptyJobSeconds median of an empty two-task job
   * @param copiesSeconds median time of four copies of the parameters in memory
   * @param times by the contender's name, local first
   * @param sha256 of the parameters at the end, the same for all
   */
  public record Result(
      Workload workload,
      int parameters,
      int shards,
      int partitions,
      double emptyJobSeconds,
      double copiesSeconds,
      Map<String, Times> times,
      String sha256) {}

  /**
   * Runs empty jobs for a while: the first few hundred of a JVM take two to three times as long as
   * later ones.
   */
  public void warmUp(double seconds) {
    long end = System.nanoTime() + (long) (seconds / NANO);
    while (System.nanoTime() < end) {
      emptyJobs(10);
    }
  }

  /** Seconds of each of {@code count} empty two-task jobs. */
  double[] emptyJobs(int count) {
    double[] seconds = new double[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      if (two.count() != 2) {
        throw new IllegalStateException("an empty job lost an element");
      }
      seconds[i] = (System.nanoTime() - start) * NANO;
    }
    return seconds;
  }

  /** Seconds that four copies of so many float32 values take. */
  private static double[] copies(int length, int count) {
    float[] from = new float[length];
    float[] to = new float[length];
    double[] seconds = new double[count];
    for (int i = 0; i < count; i++) {
      from[length - 1] = i + 1;
      long start = System.nanoTime();
      for (int copy = 0; copy < COPIES; copy++) {
        System.arraycopy(from, 0, to, 0, length);
      }
      seconds[i] = (System.nanoTime() - start) * NANO;
      if (to[length - 1] != i + 1) {
        throw new IllegalStateException("a copy is not a copy");
      }
    }
    return seconds;
  }

  /** Measures one workload with as many shards and tasks as there are slots. */
  public Result measure(Workload workload) {
    int slots = Contender.slots(spark);
    return measure(workload, slots, slots);
  }

  /**
   * Measures one workload.
   *
   * @param partitions tasks of a step, at most {@code shards}
   */
  public Result measure(Workload workload, int shards, int partitions) {
    List<Turns> all = new ArrayList<>();
    try (ClusterExamples data = new ClusterExamples(spark, workload.data(), shards, partitions)) {
      all.add(new Turns(Contender.LOCAL, workload, shards, data));
      for (Contender contender : Contender.DISTRIBUTED) {
        if (contender.fits(spark, partitions)) {
          all.add(new Turns(contender, workload, shards, data));
        }
      }
      return measure(workload, shards, partitions, all);
    } finally {
      all.forEach(Turns::close);
    }
  }

  private Result measure(Workload workload, int shards, int partitions, List<Turns> all) {
    int parameters = workload.network().layout().trainableLength();
    double slowest = 0.0;
    for (Turns turns : all) {
      slowest = Math.max(slowest, turns.first());
    }
    int count = (int) Math.max(MIN_STEPS, Math.min(MAX_STEPS, windowSeconds / slowest));
    for (Turns turns : all) {
      turns.take(count);
      turns.forget();
    }
    double[] empty = new double[rounds];
    double[] copies = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      empty[round] = Quantiles.median(emptyJobs(Math.max(5, count)));
      copies[round] = Quantiles.median(copies(parameters, 5));
      for (Turns turns : all) {
        turns.take(count);
      }
    }
    Map<String, Times> times = new LinkedHashMap<>();
    for (Turns turns : all) {
      times.put(turns.contender.name(), turns.times());
    }
    Result result =
        new Result(
            workload,
            parameters,
            shards,
            partitions,
            Quantiles.median(empty),
            Quantiles.median(copies),
            times,
            sameParameters(workload, all));
    progress.accept(told(result, count));
    return result;
  }

  /** One contender's run and what it took in each of its turns. */
  private final class Turns implements AutoCloseable {
    private final Contender contender;
    private final Workload workload;
    private final int shards;
    private final ClusterExamples data;
    private final MeasuredRun run;
    private final List<Double> steps = new ArrayList<>();
    private final List<Double> beyondCompute = new ArrayList<>();
    private Replicas open;

    Turns(Contender contender, Workload workload, int shards, ClusterExamples data) {
      this.contender = contender;
      this.workload = workload;
      this.shards = shards;
      this.data = data;
      this.run = new MeasuredRun(workload, Contender.slots(spark));
    }

    private Replicas replicas() {
      if (open == null) {
        open =
            contender.opener().open(spark, workload.blueprint(shards), data.shards(), run.team());
      }
      return open;
    }

    /** Takes a few steps and returns about how long one takes, in seconds. */
    double first() {
      double[] wall = run.steps(replicas(), FIRST_STEPS);
      yieldSlots();
      return Quantiles.lowestTenth(wall);
    }

    /** Takes some steps that do not count, for memory to be there again, and some that do. */
    void take(int count) {
      run.steps(replicas(), FIRST_STEPS);
      double[] wall = run.steps(replicas(), count);
      yieldSlots();
      steps.add(Quantiles.median(wall));
      beyondCompute.add(Quantiles.median(beyondCompute(wall, run.records())));
    }

    void forget() {
      steps.clear();
      beyondCompute.clear();
    }

    Times times() {
      return new Times(median(steps), median(beyondCompute));
    }

    private void yieldSlots() {
      if (contender.holdsSlots()) {
        release();
      }
    }

    private void release() {
      if (open != null) {
        open.close();
        open = null;
      }
    }

    @Override
    public void close() {
      release();
      run.close();
    }
  }

  private static double median(List<Double> values) {
    return Quantiles.median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static double[] beyondCompute(double[] wall, List<StepRecord> records) {
    double[] beyond = new double[wall.length];
    for (int i = 0; i < wall.length; i++) {
      beyond[i] = Math.max(0.0, wall[i] - records.get(i).seconds().compute());
    }
    return beyond;
  }

  private String told(Result result, int count) {
    List<String> parts = new ArrayList<>();
    result
        .times()
        .forEach(
            (name, times) ->
                parts.add(
                    String.format(Locale.ROOT, "%s %.2f ms", name, 1e3 * times.stepSeconds())));
    return String.format(
        Locale.ROOT,
        "%s, %,d parameters, mini-batch %,d, %d shards in %d partitions, %d rounds of %d steps: %s",
        result.workload().name(),
        result.parameters(),
        result.workload().batchSize(),
        result.shards(),
        result.partitions(),
        rounds,
        count,
        String.join(", ", parts));
  }

  /** The SHA-256 of all runs' parameters, which must have one value after the same steps. */
  private static String sameParameters(Workload workload, List<Turns> all) {
    Turns first = all.get(0);
    String expected = first.run.parametersSha256();
    for (Turns other : all) {
      if (other.run.step() != first.run.step() || !other.run.parametersSha256().equals(expected)) {
        throw new LockstepException(
            ErrorKind.INTERNAL,
            String.format(
                Locale.ROOT,
                "%s: after %d steps the parameters of '%s' differ from those of '%s'.",
                workload.name(),
                other.run.step(),
                other.contender.name(),
                first.contender.name()));
      }
    }
    return expected;
  }

  @Override
  public void close() {
    two.unpersist(false);
  }
}
