package dev.lockstep.trainer.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricSumsTest {
  /** Truth against prediction: 0-0, 0-1, 1-1, 1-1, 2-0. */
  private static MetricSums classes() {
    MetricSums sums = MetricSums.forSplit(4);
    sums.addClass(0, 0, 1.0, 0.5);
    sums.addClass(0, 1, 2.0, 3.0);
    sums.addClass(1, 1, 0.5, 0.25);
    sums.addClass(1, 1, 1.0, 0.25);
    sums.addClass(2, 0, 0.5, 1.0);
    return sums;
  }

  /**
   * F1: class 0 2·1/(2+2) = 1/2, class 1 2·2/(2+3) = 4/5, class 2 0, class 3 does not occur; mean
   * 13/30.
   */
  @Test
  void classificationMetricsWorkedByHand() {
    MetricSums sums = classes();
    assertThat(sums.examples()).isEqualTo(5);
    assertThat(sums.weight()).isEqualTo(5.0);
    assertThat(sums.meanLoss()).isEqualTo(1.0);
    assertThat(sums.accuracy()).isEqualTo(0.6);
    assertThat(sums.macroF1()).isCloseTo(13.0 / 30.0, within(1e-15));
    assertThat(sums.confusion()).containsExactly(1, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
  }

  /** y = 1, 2, 3 and ŷ = 1, 4, 2: errors 0, 2, -1; Σe² = 5, Σ|e| = 3, Σ(y-ȳ)² = 2, R² = 1 - 5/2. */
  @Test
  void regressionMetricsWorkedByHand() {
    MetricSums sums = MetricSums.forSplit(0);
    sums.addValue(1, 1, 1, 0);
    sums.addValue(2, 4, 1, 4);
    sums.addValue(3, 2, 1, 1);
    assertThat(sums.rootMeanSquaredError()).isCloseTo(Math.sqrt(5.0 / 3.0), within(1e-15));
    assertThat(sums.meanAbsoluteError()).isCloseTo(1.0, within(1e-15));
    assertThat(sums.rSquared()).isCloseTo(-1.5, within(1e-14));
    assertThat(sums.target().mean()[0]).isCloseTo(2.0, within(1e-15));
  }

  @Test
  void determinationOfConstantTargetsIsUndefined() {
    MetricSums sums = new MetricSums(0);
    sums.addValue(2, 1, 1, 1);
    sums.addValue(2, 3, 1, 1);
    assertThat(sums.rSquared()).isNaN();
  }

  @Test
  void mergingEqualsAddingEverythingInOne() {
    Random random = new Random(3);
    MetricSums whole = new MetricSums(3);
    MetricSums sum = new MetricSums(3);
    for (int part = 0; part < 7; part++) {
      MetricSums piece = new MetricSums(3);
      for (int i = 0; i < part * 5; i++) {
        int actual = random.nextInt(3);
        int predicted = random.nextInt(3);
        double weight = random.nextDouble();
        float y = random.nextFloat();
        float value = random.nextFloat();
        for (MetricSums target : new MetricSums[] {whole, piece}) {
          target.addClass(actual, predicted, weight, 2 * weight);
          target.addValue(y, value, weight, 3 * weight);
        }
      }
      sum.merge(piece);
    }
    assertThat(sum.examples()).isEqualTo(whole.examples());
    assertThat(sum.correct()).isEqualTo(whole.correct());
    assertThat(sum.confusion()).isEqualTo(whole.confusion());
    assertThat(sum.weight()).isCloseTo(whole.weight(), within(1e-12));
    assertThat(sum.lossSum()).isCloseTo(whole.lossSum(), within(1e-12));
    assertThat(sum.squaredErrorSum()).isCloseTo(whole.squaredErrorSum(), within(1e-12));
    assertThat(sum.absoluteErrorSum()).isCloseTo(whole.absoluteErrorSum(), within(1e-12));
    assertThat(sum.target().count()).isEqualTo(whole.target().count());
    assertThat(sum.rSquared()).isCloseTo(whole.rSquared(), within(1e-12));
  }

  @Test
  void mergingWithEmptyChangesNothing() {
    MetricSums sums = classes();
    sums.merge(MetricSums.forSplit(4));
    MetricSums empty = MetricSums.forSplit(4);
    empty.merge(classes());
    for (MetricSums same : new MetricSums[] {sums, empty}) {
      assertThat(same.lossSum()).isEqualTo(classes().lossSum());
      assertThat(same.weight()).isEqualTo(classes().weight());
      assertThat(same.confusion()).isEqualTo(classes().confusion());
    }
  }

  @Test
  void clearedSumsAreEmpty() {
    MetricSums sums = classes();
    sums.addValue(1, 2, 3, 4);
    sums.clear();
    assertThat(sums.isEmpty()).isTrue();
    assertThat(
            sums.lossSum()
                + sums.weight()
                + sums.squaredErrorSum()
                + sums.absoluteErrorSum()
                + sums.correct())
        .isZero();
    assertThat(sums.confusion()).containsOnly(0);
    assertThat(sums.target().count()).isZero();
  }

  @Test
  void contentsSurviveTheWire() {
    MetricSums sums = classes();
    MetricSums copy =
        MetricSums.of(
            sums.examples(),
            sums.weight(),
            sums.lossSum(),
            sums.correct(),
            sums.squaredErrorSum(),
            sums.absoluteErrorSum(),
            sums.target(),
            sums.confusionClasses(),
            sums.confusion());
    assertThat(copy).usingRecursiveComparison().isEqualTo(sums);
  }

  @Test
  void manyClassesKeepNoConfusionMatrix() {
    assertThat(MetricSums.forSplit(MetricSums.MAX_CONFUSION_CLASSES).confusion())
        .hasSize(256 * 256);
    MetricSums sums = MetricSums.forSplit(MetricSums.MAX_CONFUSION_CLASSES + 1);
    sums.addClass(256, 256, 1, 0);
    assertThat(sums.confusion()).isEmpty();
    assertThat(sums.accuracy()).isEqualTo(1.0);
  }

  @Test
  void differentClassesAreRefused() {
    assertThatThrownBy(() -> new MetricSums(2).merge(new MetricSums(3)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void contributionsOfOtherNetworksAreRefused() {
    Contribution contribution = new Contribution(4, new int[] {2});
    assertThatThrownBy(() -> contribution.merge(new Contribution(5, new int[] {2})))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> contribution.merge(new Contribution(4, new int[0])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void mergedContributionsTookAsLongAsTheSlower() {
    Contribution left = new Contribution(0, new int[0]);
    Contribution right = new Contribution(0, new int[0]);
    left.addComputeNanos(5);
    right.addComputeNanos(3);
    right.addComputeNanos(4);
    left.merge(right);
    assertThat(left.computeNanos()).isEqualTo(7);
    left.clear();
    assertThat(left.computeNanos()).isZero();
  }
}
