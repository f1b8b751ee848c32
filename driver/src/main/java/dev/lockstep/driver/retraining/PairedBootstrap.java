package dev.lockstep.driver.retraining;

import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.loop.Metrics;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.reduce.MetricSums;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * How sure an improvement is: the percentile bootstrap over pairs. From n examples n are drawn with
 * replacement, each with what both models gave for it; the metric of both and its improvement are
 * computed anew on what was drawn; and so 1,999 times. Of the improvements in ascending order, the
 * bounds are those in place α(B + 1) from either end, with B = 1,999 and α = 1 - confidence: each
 * bound alone holds with this confidence. Where α(B + 1) is below 1, as it can be where the metric
 * is not defined on many of the resamples, there is no such place: the bounds are not numbers then.
 *
 * <p>Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; the
 * number of resamples after Davison and Hinkley, "Bootstrap Methods and their Application" (1997),
 * section 5.2, so that α(B + 1) is a whole number for the usual α.
 *
 * <p>Draw i of resample r is a function of (seed, r, i) alone, so the result is the same on every
 * cluster. The resamples are spread over the tasks of one job.
 *
 * @param metric what is compared
 * @param classes labels that the models have in common, 0 for regression
 * @param seed seed of the draws
 */
record PairedBootstrap(WatchedMetric metric, int classes, long seed) implements Serializable {
  /** B. */
  static final int RESAMPLES = 1999;

  /** Counters that are turned into draws at once. */
  private static final int BLOCKS = 256;

  /** So that 0.05 · 2000 is 100, whatever 1 - 0.95 rounds to. */
  private static final double ROUNDING = 1e-6;

  /**
   * The bounds.
   *
   * @param scores of all examples, as {@link PairedScores} has them
   * @param confidence above 0 and at most {@link RetrainingSettings#MOST_CONFIDENCE}
   */
  ImprovementInterval interval(JavaSparkContext spark, double[] scores, double confidence) {
    Broadcast<double[]> shared = spark.broadcast(scores);
    try {
      PairedBootstrap bootstrap = this;
      List<Integer> numbers = IntStream.range(0, RESAMPLES).boxed().toList();
      List<double[]> parts =
          spark
              .parallelize(numbers, Math.min(RESAMPLES, spark.defaultParallelism()))
              .mapPartitions(
                  part -> List.of(bootstrap.improvements(shared.value(), part)).iterator())
              .collect();
      return interval(
          parts.stream().flatMapToDouble(Arrays::stream).sorted().toArray(), confidence);
    } finally {
      shared.destroy();
    }
  }

  /** The bounds among improvements in ascending order; NaN, which stand last, do not count. */
  static ImprovementInterval interval(double[] sorted, double confidence) {
    int defined = sorted.length;
    while (defined > 0 && Double.isNaN(sorted[defined - 1])) {
      defined--;
    }
    int place = (int) ((1.0 - confidence) * (defined + 1) + ROUNDING);
    if (place < 1) {
      return new ImprovementInterval(confidence, Double.NaN, Double.NaN, defined);
    }
    int fromEnd = Math.min(place, defined);
    return new ImprovementInterval(
        confidence, sorted[fromEnd - 1], sorted[defined - fromEnd], defined);
  }

  private double[] improvements(double[] scores, Iterator<Integer> resamples) {
    Draws draws = new Draws(seed, scores.length / PairedScores.WIDTH);
    MetricSums champion = MetricSums.forSplit(classes);
    MetricSums challenger = MetricSums.forSplit(classes);
    double[] improvements = new double[RESAMPLES];
    int count = 0;
    while (resamples.hasNext()) {
      champion.clear();
      challenger.clear();
      draws.start(resamples.next());
      for (int left = draws.examples(); left > 0; left--) {
        int example = draws.next();
        PairedScores.addChampion(scores, example, classes > 0, champion);
        PairedScores.addChallenger(scores, example, classes > 0, challenger);
      }
      improvements[count++] = improvement(champion, challenger);
    }
    return Arrays.copyOf(improvements, count);
  }

  /** By how much the challenger is better. */
  private double improvement(MetricSums champion, MetricSums challenger) {
    return improvement(metric, value(champion), value(challenger));
  }

  /** By how much one value of a metric is better than another: positive where it is. */
  static double improvement(WatchedMetric metric, double champion, double challenger) {
    return metric.lowerIsBetter() ? champion - challenger : challenger - champion;
  }

  private double value(MetricSums sums) {
    return Metrics.of(sums, classes > 0).valueOf(metric.name()).orElse(Double.NaN);
  }

  /** Examples drawn with replacement. */
  private static final class Draws {
    private final long seed;
    private final int examples;
    private final long[][] words = new long[Philox.WORDS][BLOCKS];
    private int resample;
    private long nextBlock;
    private int used;

    Draws(long seed, int examples) {
      this.seed = seed;
      this.examples = examples;
    }

    int examples() {
      return examples;
    }

    void start(int number) {
      resample = number;
      nextBlock = 0;
      used = BLOCKS * Philox.WORDS;
    }

    /** ⌊word · n / 2^32⌋ of one 32-bit word after another. */
    int next() {
      if (used == BLOCKS * Philox.WORDS) {
        refill();
      }
      long word = words[used & (Philox.WORDS - 1)][used / Philox.WORDS];
      used++;
      return (int) ((word * examples) >>> Integer.SIZE);
    }

    private void refill() {
      long tag = Integer.toUnsignedLong(Philox.tag(Purpose.BOOTSTRAP, 0, 0));
      for (int block = 0; block < BLOCKS; block++) {
        words[0][block] = nextBlock++;
        words[1][block] = 0;
        words[2][block] = resample;
        words[3][block] = tag;
      }
      Philox.blocks(seed, words[0], words[1], words[2], words[3], BLOCKS);
      used = 0;
    }
  }
}
