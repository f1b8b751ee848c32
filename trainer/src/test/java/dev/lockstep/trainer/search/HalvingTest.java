package dev.lockstep.trainer.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.lockstep.trainer.metric.WatchedMetric;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who goes on and who is best, on scripted values. */
final class HalvingTest {
  private static final WatchedMetric ACCURACY = new WatchedMetric("validation", "accuracy");
  private static final WatchedMetric LOSS = WatchedMetric.VALIDATION_LOSS;

  private static List<TrialScore> rung(double... values) {
    List<TrialScore> scores = new ArrayList<>();
    for (double value : values) {
      scores.add(new TrialScore(scores.size() + 1, 1, value));
    }
    return scores;
  }

  @Test
  void rungsGrowByTheFactorAndEndWithTheRun() {
    assertThat(new Halving(3, 2).rungs(30)).containsExactly(2, 6, 18, 30);
    assertThat(new Halving(3, 2).rungs(18)).containsExactly(2, 6, 18);
    assertThat(new Halving(2, 1).rungs(1)).containsExactly(1);
    assertThat(new Halving(2, 5).rungs(3)).containsExactly(3);
    assertThat(new Halving(2, 1 << 30).rungs(Integer.MAX_VALUE))
        .containsExactly(1 << 30, Integer.MAX_VALUE);
  }

  @Test
  void theBestThirdGoesOn() {
    List<TrialScore> scores = rung(0.1, 0.9, 0.5, 0.7, 0.3, 0.8, 0.2);
    assertThat(new Halving(3, 2).survivors(scores, ACCURACY)).containsExactly(2, 6);
    assertThat(new Halving(3, 2).survivors(scores, LOSS)).containsExactly(1, 7);
  }

  @Test
  void theOrderOfArrivalDecidesNothing() {
    List<TrialScore> scores = rung(0.5, 0.9, 0.5, 0.5, 0.5, Double.NaN, 0.5);
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      Collections.shuffle(scores, random);
      assertThat(new Halving(2, 1).survivors(scores, ACCURACY)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void oneGoesOnAtLeast() {
    assertThat(new Halving(3, 2).survivors(rung(0.4, 0.6), ACCURACY)).containsExactly(2);
  }

  @Test
  void whatDivergedNeverGoesOn() {
    assertThat(new Halving(2, 1).survivors(rung(Double.NaN, 0.1, Double.NaN, Double.NaN), ACCURACY))
        .containsExactly(2);
    assertThat(new Halving(2, 1).survivors(rung(Double.NaN, Double.NaN), LOSS)).isEmpty();
  }

  /** A slow starter is dropped at the first rung although it would have won: the known price. */
  @Test
  void scriptedCurvesEndWithTheBestOfThoseThatWereKept() {
    double[][] curves = {
      {0.30, 0.99, 0.99}, // slow
      {0.60, 0.70, 0.75},
      {0.50, 0.80, 0.85},
      {0.20, 0.20, 0.20}
    };
    Halving halving = new Halving(2, 1);
    List<Integer> contenders = List.of(1, 2, 3, 4);
    List<List<Integer>> history = new ArrayList<>();
    for (int r = 0; r < 2; r++) {
      List<TrialScore> scores = new ArrayList<>();
      for (int trial : contenders) {
        scores.add(new TrialScore(trial, r + 1, curves[trial - 1][r]));
      }
      contenders = halving.survivors(scores, ACCURACY);
      history.add(contenders);
    }
    assertThat(history).containsExactly(List.of(2, 3), List.of(3));
  }

  @Test
  void aRankingPutsWhatCameFurtherFirstAndWhatDivergedLast() {
    List<TrialScore> scores =
        new ArrayList<>(
            List.of(
                new TrialScore(1, 2, 0.8),
                new TrialScore(2, 1, 0.95),
                new TrialScore(3, 2, Double.NaN),
                new TrialScore(4, 2, 0.9),
                new TrialScore(5, 2, 0.9),
                new TrialScore(6, 1, Double.POSITIVE_INFINITY)));
    scores.sort(TrialScore.bestFirst(ACCURACY));
    assertThat(scores).extracting(TrialScore::trial).containsExactly(4, 5, 1, 2, 3, 6);
    scores.sort(TrialScore.bestFirst(LOSS));
    assertThat(scores).extracting(TrialScore::trial).containsExactly(1, 4, 5, 2, 3, 6);
  }

  @Test
  void factorsAndLengthsBelowTheLeastAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Halving(1, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> new Halving(2, 0));
  }
}
