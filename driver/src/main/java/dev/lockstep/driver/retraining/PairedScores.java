package dev.lockstep.driver.retraining;

import dev.lockstep.trainer.reduce.MetricSums;

/**
 * What two models give for the same examples, eight numbers each: those of {@link
 * ExampleScores#write} for the champion, then for the challenger. With a cache line an example,
 * examples that are drawn at random cost one access each.
 */
final class PairedScores {
  private static final int OF_A_MODEL = 4;

  /** Numbers of an example. */
  static final int WIDTH = 2 * OF_A_MODEL;

  private PairedScores() {}

  /** The scores of a shard, [examples, 8]. */
  static double[] of(ExampleScores champion, ExampleScores challenger) {
    double[] scores = new double[champion.count() * WIDTH];
    for (int row = 0; row < champion.count(); row++) {
      champion.write(row, scores, row * WIDTH);
      challenger.write(row, scores, row * WIDTH + OF_A_MODEL);
    }
    return scores;
  }

  /** Adds an example to the sums of the champion. */
  static void addChampion(double[] scores, int example, boolean classification, MetricSums sums) {
    add(scores, example * WIDTH, classification, sums);
  }

  /** Adds an example to the sums of the challenger. */
  static void addChallenger(double[] scores, int example, boolean classification, MetricSums sums) {
    add(scores, example * WIDTH + OF_A_MODEL, classification, sums);
  }

  private static void add(double[] scores, int at, boolean classification, MetricSums sums) {
    double weight = scores[at + 2];
    double loss = scores[at + 3];
    if (classification) {
      sums.addClass((int) scores[at], (int) scores[at + 1], weight, loss);
    } else {
      sums.addValue((float) scores[at], (float) scores[at + 1], weight, loss);
    }
  }
}
