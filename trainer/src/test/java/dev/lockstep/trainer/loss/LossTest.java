package dev.lockstep.trainer.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.GradientCheck;
import dev.lockstep.trainer.check.ReferenceLoss;
import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.replica.Examples;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LossTest {
  /**
   * Every loss with a number of classes it is made for; {@link #everyLossIsCovered} fails for one
   * that is missing here.
   */
  private static final Map<LossSpec, Integer> SAMPLES =
      Map.of(
          new LossSpec.SoftmaxCrossEntropy(),
          4,
          new LossSpec.SoftmaxCrossEntropy(0.2, List.of()),
          4,
          new LossSpec.SoftmaxCrossEntropy(0.0, List.of(0.5, 2.0, 3.0)),
          3,
          new LossSpec.SoftmaxCrossEntropy(0.1, List.of(0.25, 4.0)),
          2,
          new LossSpec.SigmoidCrossEntropy(),
          2,
          new LossSpec.MeanSquaredError(),
          0,
          new LossSpec.Huber(1.0),
          0,
          new LossSpec.Huber(0.1),
          0);

  static List<Arguments> lossesAndRows() {
    List<Arguments> cases = new ArrayList<>();
    for (int rows : new int[] {1, 3, 17}) {
      SAMPLES.forEach((spec, classes) -> cases.add(Arguments.of(spec, classes, rows)));
    }
    return cases;
  }

  @Test
  void everyLossIsCovered() {
    Set<Class<?>> specs = new HashSet<>();
    Set<Class<?>> losses = new HashSet<>();
    SAMPLES.forEach(
        (spec, classes) -> {
          specs.add(spec.getClass());
          losses.add(spec.bind(classes).getClass());
        });
    assertThat(specs).containsExactlyInAnyOrder(LossSpec.class.getPermittedSubclasses());
    assertThat(losses).containsExactlyInAnyOrder(Loss.class.getPermittedSubclasses());
    assertThat(SAMPLES.keySet().stream().map(LossSpec::kind).distinct()).hasSameSizeAs(specs);
  }

  @ParameterizedTest
  @MethodSource("lossesAndRows")
  void valueAndGradientEqualTheReference(LossSpec spec, int classes, int rows) {
    Loss loss = spec.bind(classes);
    Examples examples = Samples.examples(rows, 1, classes, true, 5);
    float[] outputs = Samples.gaussian(6, rows * loss.outputs(), 2.0);
    float[] gradient = new float[outputs.length];
    Arrays.fill(gradient, Float.NaN);
    MetricSums sums = new MetricSums(0);
    loss.evaluate(outputs, rows, examples.targets(), examples.weights(), gradient, sums);
    double[] wide = GradientCheck.widen(outputs);
    double expected = ReferenceLoss.sum(spec, wide, rows, examples.targets(), examples.weights());
    assertThat(sums.lossSum()).isCloseTo(expected, within(1e-6 * Math.max(1.0, expected)));
    assertThat(sums.examples()).isEqualTo(rows);
    double[] approximation =
        GradientCheck.approximate(
            z -> ReferenceLoss.sum(spec, z, rows, examples.targets(), examples.weights()),
            wide,
            0,
            wide.length);
    assertThat(GradientCheck.difference(gradient, 0, approximation))
        .isLessThan(GradientCheck.THRESHOLD);
    gradient[0] += 0.01f;
    assertThat(GradientCheck.difference(gradient, 0, approximation))
        .as("planted error")
        .isGreaterThan(GradientCheck.THRESHOLD);
  }

  @ParameterizedTest
  @MethodSource("lossesAndRows")
  void valueIsTheSameWithoutTheGradient(LossSpec spec, int classes, int rows) {
    Loss loss = spec.bind(classes);
    Examples examples = Samples.examples(rows, 1, classes, true, 5);
    float[] outputs = Samples.gaussian(6, rows * loss.outputs(), 2.0);
    MetricSums with = new MetricSums(0);
    MetricSums without = new MetricSums(0);
    loss.evaluate(
        outputs, rows, examples.targets(), examples.weights(), new float[outputs.length], with);
    loss.evaluate(outputs, rows, examples.targets(), examples.weights(), null, without);
    assertThat(without.lossSum()).isEqualTo(with.lossSum());
    assertThat(without.correct()).isEqualTo(with.correct());
  }

  private static MetricSums evaluate(Loss loss, float target, float[] gradient, float... outputs) {
    MetricSums sums = new MetricSums(0);
    loss.evaluate(outputs, 1, new float[] {target}, new float[] {1}, gradient, sums);
    return sums;
  }

  @Test
  void softmaxOfHugeLogitsIsExact() {
    Loss loss = new SoftmaxCrossEntropyLoss(3);
    float[] gradient = new float[3];
    assertThat(evaluate(loss, 0, gradient, 1e30f, -1e30f, 0).lossSum()).isZero();
    assertThat(gradient[0]).isZero();
    assertThat(evaluate(loss, 1, gradient, 1000, 0, 0).lossSum()).isEqualTo(1000.0);
    assertThat(gradient[0]).isEqualTo(1f);
    assertThat(gradient[1]).isEqualTo(-1f);
    assertThat(evaluate(loss, 2, gradient, -3e38f, -3e38f, -3e38f).lossSum())
        .isCloseTo(Math.log(3), within(1e-12));
  }

  @Test
  void sigmoidOfHugeLogitsIsExact() {
    Loss loss = new SigmoidCrossEntropyLoss();
    float[] gradient = new float[1];
    assertThat(evaluate(loss, 0, gradient, 5000f).lossSum()).isEqualTo(5000.0);
    assertThat(gradient[0]).isEqualTo(1f);
    assertThat(evaluate(loss, 1, gradient, -5000f).lossSum()).isEqualTo(5000.0);
    assertThat(gradient[0]).isEqualTo(-1f);
    assertThat(evaluate(loss, 1, gradient, 5000f).lossSum()).isZero();
    assertThat(gradient[0]).isZero();
    assertThat(evaluate(loss, 1, gradient, 0f).lossSum()).isCloseTo(Math.log(2), within(1e-15));
  }

  /**
   * Logits 0, ln 2, ln 5 and y = 2: p = 1/8, 2/8, 5/8. Plain: -ln 5/8. With ε = 0.3, q = 0.1, 0.1,
   * 0.8: 0.1 ln 8 + 0.1 ln 4 + 0.8 ln 8/5.
   */
  @Test
  void softmaxCrossEntropyWorkedByHand() {
    float[] logits = {0f, (float) Math.log(2), (float) Math.log(5)};
    float[] gradient = new float[3];
    Loss plain = new LossSpec.SoftmaxCrossEntropy().bind(3);
    assertThat(evaluate(plain, 2, gradient, logits).lossSum())
        .isCloseTo(0.4700036292, within(1e-7));
    assertThat(gradient).containsExactly(new float[] {0.125f, 0.25f, -0.375f}, within(1e-7f));
    Loss smooth = new LossSpec.SoftmaxCrossEntropy(0.3, List.of()).bind(3);
    assertThat(evaluate(smooth, 2, gradient, logits).lossSum())
        .isCloseTo(0.7225764937, within(1e-7));
    assertThat(gradient).containsExactly(new float[] {0.025f, 0.15f, -0.175f}, within(1e-7f));
  }

  /**
   * Two examples of class 0 and 1 with p = 1/2 and 1/4 of their classes, weights 1 and 3, class
   * weights 2 and 1/2: sums of weights 2 + 1.5 and of losses 2 ln 2 + 1.5 ln 4.
   */
  @Test
  void classWeightsMultiplyTheExamplesWeightsInLossGradientAndMean() {
    Loss loss = new LossSpec.SoftmaxCrossEntropy(0.0, List.of(2.0, 0.5)).bind(2);
    float[] gradient = new float[4];
    MetricSums sums = new MetricSums(0);
    loss.evaluate(
        new float[] {0, 0, (float) Math.log(3), 0},
        2,
        new float[] {0, 1},
        new float[] {1, 3},
        gradient,
        sums);
    assertThat(sums.weight()).isEqualTo(3.5);
    assertThat(sums.meanLoss()).isCloseTo(5 * Math.log(2) / 3.5, within(1e-7));
    assertThat(sums.examples()).isEqualTo(2);
    assertThat(gradient).containsExactly(new float[] {-1f, 1f, 1.125f, -1.125f}, within(1e-6f));
  }

  /** With both, the weight of the true class multiplies the whole smoothed loss. */
  @Test
  void classWeightMultipliesTheWholeSmoothedLoss() {
    float[] logits = {0.3f, -1.2f, 2f};
    float[] alone = new float[3];
    float[] weighted = new float[3];
    double loss =
        evaluate(new SoftmaxCrossEntropyLoss(3, 0.3, List.of()), 1, alone, logits).lossSum();
    MetricSums sums =
        evaluate(new SoftmaxCrossEntropyLoss(3, 0.3, List.of(8.0, 4.0, 2.0)), 1, weighted, logits);
    assertThat(sums.lossSum()).isCloseTo(4 * loss, within(1e-12));
    assertThat(sums.weight()).isEqualTo(4.0);
    for (int k = 0; k < 3; k++) {
      assertThat(weighted[k]).isCloseTo(4 * alone[k], within(1e-6f));
    }
  }

  /** Of the 2000 below the top, the third logit's share of the target counts 0.3/3. */
  @Test
  void smoothedSoftmaxOfHugeLogitsIsFinite() {
    Loss loss = new SoftmaxCrossEntropyLoss(3, 0.3, List.of());
    float[] gradient = new float[3];
    assertThat(evaluate(loss, 0, gradient, 1000, 1000, -1000).lossSum())
        .isCloseTo(200 + Math.log(2), within(1e-12 * 200));
    assertThat(gradient).containsExactly(new float[] {-0.3f, 0.4f, -0.1f}, within(1e-7f));
    assertThat(evaluate(loss, 1, gradient, 3e38f, -3e38f, 0).lossSum()).isFinite();
    for (float g : gradient) {
      assertThat(g).isFinite();
    }
  }

  /** δ = 2: e = 1 gives 1/2, e = -2 gives 2 either way, e = 5 gives 2 (5 - 1). */
  @Test
  void huberWorkedByHand() {
    Loss loss = new LossSpec.Huber(2.0).bind(0);
    float[] gradient = new float[1];
    assertThat(evaluate(loss, 1, gradient, 2f).lossSum()).isEqualTo(0.5);
    assertThat(gradient[0]).isEqualTo(1f);
    assertThat(evaluate(loss, 1, gradient, -1f).lossSum()).isEqualTo(2.0);
    assertThat(gradient[0]).isEqualTo(-2f);
    assertThat(evaluate(loss, 1, gradient, 6f).lossSum()).isEqualTo(8.0);
    assertThat(gradient[0]).isEqualTo(2f);
  }

  @Test
  void huberOfHugeValuesIsFinite() {
    float[] gradient = new float[1];
    Loss loss = new HuberLoss(1.0);
    assertThat(evaluate(loss, -3e38f, gradient, 3e38f).lossSum()).isCloseTo(6e38, within(1e32));
    assertThat(gradient[0]).isEqualTo(1f);
    assertThat(evaluate(loss, 0f, gradient, 1e-30f).lossSum()).isBetween(4e-61, 6e-61);
    assertThat(gradient[0]).isEqualTo(1e-30f);
  }

  @Test
  void notANumberReachesTheLoss() {
    SAMPLES.forEach(
        (spec, classes) -> {
          Loss loss = spec.bind(classes);
          for (int place = 0; place < loss.outputs(); place++) {
            float[] outputs = new float[loss.outputs()];
            outputs[place] = Float.NaN;
            assertThat(evaluate(loss, 1, null, outputs).lossSum())
                .as("%s, output %s", spec, place)
                .isNaN();
          }
        });
  }

  @Test
  void infiniteLogitsAreNotTakenForAGoodFit() {
    assertThat(
            evaluate(new SoftmaxCrossEntropyLoss(2), 0, null, Float.POSITIVE_INFINITY, 0).lossSum())
        .isNaN();
    assertThat(
            evaluate(new SoftmaxCrossEntropyLoss(2), 1, null, Float.POSITIVE_INFINITY, 0).lossSum())
        .isNotFinite();
  }

  @Test
  void hitsFollowTheLargestLogitAndTheSignOfTheLogit() {
    Loss softmax = new SoftmaxCrossEntropyLoss(3);
    assertThat(evaluate(softmax, 2, null, 1, 0, 3).correct()).isEqualTo(1);
    assertThat(evaluate(softmax, 1, null, 1, 1, 0).correct()).as("the first of equals").isZero();
    Loss sigmoid = new SigmoidCrossEntropyLoss();
    assertThat(evaluate(sigmoid, 1, null, 0.1f).correct()).isEqualTo(1);
    assertThat(evaluate(sigmoid, 0, null, 0f).correct()).isEqualTo(1);
  }

  @Test
  void probabilitiesSumToOne() {
    for (LossSpec spec :
        List.of(new LossSpec.SoftmaxCrossEntropy(), new LossSpec.SigmoidCrossEntropy())) {
      Loss loss = spec.bind(SAMPLES.get(spec));
      int rows = 200;
      float[] outputs = Samples.gaussian(9, rows * loss.outputs(), 20.0);
      float[] answers = new float[rows * loss.answers()];
      loss.predict(outputs, rows, answers);
      for (int row = 0; row < rows; row++) {
        double sum = 0.0;
        for (int k = 0; k < loss.answers(); k++) {
          assertThat(answers[row * loss.answers() + k]).isBetween(0f, 1f);
          sum += answers[row * loss.answers() + k];
        }
        assertThat(sum).isCloseTo(1.0, within(5e-7));
      }
    }
  }

  /** softmax(0, ln 2, ln 5) = 1/8, 2/8, 5/8; sigmoid(ln 3) = 3/4. */
  @Test
  void probabilitiesWorkedByHand() {
    float[] answers = new float[3];
    new SoftmaxCrossEntropyLoss(3)
        .predict(new float[] {0f, (float) Math.log(2), (float) Math.log(5)}, 1, answers);
    assertThat(answers).containsExactly(new float[] {0.125f, 0.25f, 0.625f}, within(1e-7f));
    float[] two = new float[2];
    new SigmoidCrossEntropyLoss().predict(new float[] {(float) Math.log(3)}, 1, two);
    assertThat(two).containsExactly(new float[] {0.25f, 0.75f}, within(1e-7f));
    float[] value = new float[1];
    new MeanSquaredErrorLoss().predict(new float[] {-3.5f}, 1, value);
    assertThat(value).containsExactly(-3.5f);
  }

  @Test
  void lossesRefuseTasksTheyAreNotMadeFor() {
    assertRefused(new LossSpec.SoftmaxCrossEntropy(), 0, "meanSquaredError");
    assertRefused(new LossSpec.SigmoidCrossEntropy(), 0, "meanSquaredError");
    assertRefused(new LossSpec.SigmoidCrossEntropy(), 3, "softmaxCrossEntropy");
    assertRefused(new LossSpec.MeanSquaredError(), 2, "softmaxCrossEntropy");
    assertRefused(new LossSpec.Huber(1.0), 2, "softmaxCrossEntropy");
  }

  @Test
  void thereMustBeAWeightForEachClass() {
    assertThatThrownBy(() -> new LossSpec.SoftmaxCrossEntropy(0.0, List.of(1.0, 2.0, 3.0)).bind(10))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessage(
            "loss.classWeights: there must be one weight for each class, but the list has 3 and the"
                + " label has 10 classes.");
  }

  private static void assertRefused(LossSpec spec, int classes, String remedy) {
    assertThatThrownBy(() -> spec.bind(classes))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessageContaining(spec.kind())
        .hasMessageContaining(remedy);
  }
}
