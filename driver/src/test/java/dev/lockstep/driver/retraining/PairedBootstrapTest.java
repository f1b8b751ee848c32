package dev.lockstep.driver.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.reduce.MetricSums;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bounds against cases with a closed form. */
final class PairedBootstrapTest {
  private static final WatchedMetric ACCURACY = new WatchedMetric("validation", "accuracy");
  private static final WatchedMetric LOSS = new WatchedMetric("validation", "loss");

  private static JavaSparkContext spark;

  @BeforeAll
  static void start() {
    spark = RetrainingFixture.spark();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  /**
   * Examples of class 0 where so many are right by the champion only, the challenger only, both.
   */
  private static double[] hits(int champion, int challenger, int both, int neither) {
    int examples = champion + challenger + both + neither;
    double[] scores = new double[examples * PairedScores.WIDTH];
    for (int i = 0; i < examples; i++) {
      boolean first = i < champion || (i >= champion + challenger && i < examples - neither);
      boolean second = i >= champion && i < examples - neither;
      set(scores, i, 0, 0, first ? 0 : 1, 1, first ? 0.25 : 1.5);
      set(scores, i, 4, 0, second ? 0 : 1, 1, second ? 0.25 : 1.5);
    }
    return scores;
  }

  private static void set(
      double[] scores,
      int example,
      int model,
      double actual,
      double predicted,
      double weight,
      double loss) {
    int at = example * PairedScores.WIDTH + model;
    scores[at] = actual;
    scores[at + 1] = predicted;
    scores[at + 2] = weight;
    scores[at + 3] = weight * loss;
  }

  private static ImprovementInterval bounds(
      WatchedMetric metric, int classes, long seed, double[] scores, double confidence) {
    return new PairedBootstrap(metric, classes, seed).interval(spark, scores, confidence);
  }

  /** The difference of paired proportions has the variance (b + c - (b - c)²/n)/n². */
  @Test
  void theBoundsOfADifferenceOfProportionsAreThoseOfTheNormalDistribution() {
    int n = 1500;
    double[] scores = hits(60, 110, 1100, n - 1270);
    double difference = 50.0 / n;
    double error = Math.sqrt((170 - 50.0 * 50.0 / n)) / n;
    ImprovementInterval bounds = bounds(ACCURACY, 2, 1, scores, 0.95);
    assertThat(bounds.resamples()).isEqualTo(PairedBootstrap.RESAMPLES);
    assertThat(bounds.confidence()).isEqualTo(0.95);
    assertThat(bounds.lower()).isCloseTo(difference - 1.645 * error, within(0.12 * error));
    assertThat(bounds.upper()).isCloseTo(difference + 1.645 * error, within(0.12 * error));
    ImprovementInterval wider = bounds(ACCURACY, 2, 1, scores, 0.975);
    assertThat(wider.lower()).isCloseTo(difference - 1.96 * error, within(0.15 * error));
  }

  @Test
  void lossesAreTakenInPairsToo() {
    int n = 1200;
    Random random = new Random(3);
    double[] scores = new double[n * PairedScores.WIDTH];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double common = 10 * random.nextDouble();
      double gain = 0.05 + 0.4 * random.nextGaussian();
      set(scores, i, 0, 0, 0, 2.0, common);
      set(scores, i, 4, 0, 0, 2.0, common - gain);
      sum += gain;
      squares += gain * gain;
    }
    double mean = sum / n;
    double error = Math.sqrt((squares / n - mean * mean) / n);
    ImprovementInterval bounds = bounds(LOSS, 2, 1, scores, 0.95);
    assertThat(bounds.lower()).isCloseTo(mean - 1.645 * error, within(0.12 * error));
    assertThat(bounds.upper()).isCloseTo(mean + 1.645 * error, within(0.12 * error));
  }

  /** Of many samples from a population with a known difference, so many bounds are below it. */
  @Test
  void theLowerBoundHoldsAsOftenAsItSays() {
    Random random = new Random(7);
    int rounds = 60;
    int below = 0;
    for (int round = 0; round < rounds; round++) {
      int[] counts = new int[4];
      for (int i = 0; i < 200; i++) {
        double u = random.nextDouble();
        counts[u < 0.1 ? 0 : u < 0.25 ? 1 : u < 0.85 ? 2 : 3]++;
      }
      double[] scores = hits(counts[0], counts[1], counts[2], counts[3]);
      below += bounds(ACCURACY, 2, round, scores, 0.8).lower() <= 0.05 ? 1 : 0;
    }
    // 48 are expected, with a deviation of 3.1.
    assertThat(below).isBetween(39, 57);
  }

  @Test
  void oneSeedGivesOneIntervalAndAnotherSeedAnother() {
    double[] scores = hits(20, 40, 100, 40);
    Random random = new Random(9);
    for (int i = 0; i < 200; i++) {
      set(scores, i, 4, 0, 0, 1, random.nextDouble());
    }
    ImprovementInterval first = bounds(LOSS, 2, 5, scores, 0.9);
    assertThat(bounds(LOSS, 2, 5, scores, 0.9)).isEqualTo(first);
    assertThat(bounds(LOSS, 2, 6, scores, 0.9).lower()).isNotEqualTo(first.lower());
  }

  @Test
  void modelsThatAreAlikeDifferByNothing() {
    ImprovementInterval bounds = bounds(ACCURACY, 2, 1, hits(0, 0, 70, 30), 0.95);
    assertThat(bounds.lower()).isZero();
    assertThat(bounds.upper()).isZero();
  }

  @Test
  void theBoundsAreInPlaceAlphaTimesBPlusOne() {
    double[] sorted = IntStream.rangeClosed(1, 1999).mapToDouble(i -> i).toArray();
    assertThat(PairedBootstrap.interval(sorted, 0.95))
        .isEqualTo(new ImprovementInterval(0.95, 100.0, 1900.0, 1999));
    assertThat(PairedBootstrap.interval(sorted, 0.5).lower()).isEqualTo(1000.0);
    assertThat(PairedBootstrap.interval(sorted, RetrainingSettings.MOST_CONFIDENCE))
        .isEqualTo(new ImprovementInterval(0.9995, 1.0, 1999.0, 1999));
    assertThat(PairedBootstrap.interval(new double[] {1, 2, 3, Double.NaN}, 0.75))
        .isEqualTo(new ImprovementInterval(0.75, 1.0, 3.0, 3));
    assertThat(PairedBootstrap.interval(new double[] {Double.NaN}, 0.75).lower()).isNaN();
  }

  /** The least of 1,000 improvements is a bound with confidence 1 - 1/1001 and not with more. */
  @Test
  void noBoundIsClaimedThatTheResamplesDoNotGive() {
    double[] sorted = new double[PairedBootstrap.RESAMPLES];
    Arrays.setAll(sorted, i -> i < 1000 ? i : Double.NaN);
    assertThat(PairedBootstrap.interval(sorted, 0.999).lower()).isZero();
    assertThat(PairedBootstrap.interval(sorted, 0.9995))
        .isEqualTo(new ImprovementInterval(0.9995, Double.NaN, Double.NaN, 1000));
  }

  @Test
  void valuesAreRecomputedOnWhatWasDrawn() {
    int n = 300;
    Random random = new Random(2);
    double[] scores = new double[n * PairedScores.WIDTH];
    MetricSums all = MetricSums.forSplit(0);
    for (int i = 0; i < n; i++) {
      float actual = (float) (100 + random.nextGaussian());
      float near = (float) (actual + 0.3 * random.nextGaussian());
      set(scores, i, 0, actual, actual + 1.0f, 1, 1);
      set(scores, i, 4, actual, near, 1, 0.1);
      all.addValue(actual, near, 1, 0.1);
    }
    // The champion is off by 1 everywhere: its rmse is 1 on every resample.
    for (String metric : new String[] {"rmse", "mae"}) {
      double value = metric.equals("mae") ? all.meanAbsoluteError() : all.rootMeanSquaredError();
      ImprovementInterval bounds =
          bounds(new WatchedMetric("validation", metric), 0, 1, scores, 0.95);
      assertThat(bounds.lower()).isBetween(1 - value - 0.04, 1 - value - 0.01);
      assertThat(bounds.upper()).isBetween(1 - value + 0.01, 1 - value + 0.04);
    }
    ImprovementInterval r2 = bounds(new WatchedMetric("validation", "r2"), 0, 1, scores, 0.95);
    assertThat(r2.lower()).isLessThan(r2.upper()).isPositive();
  }
}
