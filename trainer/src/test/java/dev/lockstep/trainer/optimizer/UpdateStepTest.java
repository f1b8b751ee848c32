package dev.lockstep.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.UpdateStep.Report;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.reduce.Contribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UpdateStepTest {
  /**
   * 0.weight [1, 2], 1.weight (γ) [1], 1.bias (β) [1], 2.weight [1, 1], 2.bias [1], then running
   * mean and variance.
   */
  private static final ParameterLayout LAYOUT =
      new Network(
              List.of(Samples.dense(1), new LayerSpec.BatchNorm(), Samples.dense(1)),
              Shape.vector(2))
          .layout();

  private final ParameterVector parameters =
      new ParameterVector(new float[] {2, -3, 5, 7, 0, 11, 13, 17});

  private static Contribution total(double weight, double loss, float... gradient) {
    Contribution total = new Contribution(gradient.length, new int[] {1});
    System.arraycopy(gradient, 0, total.gradient(), 0, gradient.length);
    total.metrics().addValue(0, 0, weight, loss);
    return total;
  }

  private final UpdateWorkspace workspace = new UpdateWorkspace(LAYOUT, ThreadTeam.ofCaller());

  private static UpdateStep step(Regularization regularization, double clipNorm) {
    return new UpdateStep(LAYOUT, regularization, clipNorm, new Optimizer.Sgd(1.0));
  }

  @Test
  void gradientAndLossAreDividedByTheWeightOnce() {
    Contribution total = total(4.0, 6.0, 4, 8, 12, -16, 20, -24);
    Report report =
        step(Regularization.NONE, Double.POSITIVE_INFINITY).prepare(total, parameters, workspace);
    assertThat(total.gradient()).containsExactly(1, 2, 3, -4, 5, -6);
    assertThat(report.loss()).isEqualTo(1.5);
    assertThat(report.penalty()).isZero();
    assertThat(report.gradientNorm()).isCloseTo(Math.sqrt(91), within(1e-12));
  }

  /**
   * Weights are 2, -3 and 0. Penalty 0.5·(2+3+0) + 0.25/2·(4+9+0) = 4.125; gradients 0.5·sign +
   * 0.25·w: 1, -1.25, and 0 at 0.
   */
  @Test
  void penaltyAndItsGradientCoverWeightsOnly() {
    Contribution total = total(1.0, 0.0, 0, 0, 0, 0, 0, 0);
    Report report =
        step(new Regularization(0.5, 0.25), Double.POSITIVE_INFINITY)
            .prepare(total, parameters, workspace);
    assertThat(total.gradient()).containsExactly(1, -1.25f, 0, 0, 0, 0);
    assertThat(report.penalty()).isCloseTo(4.125, within(1e-12));
    assertThat(report.loss()).as("the loss holds no penalty").isZero();
    assertThat(report.gradientNorm()).isCloseTo(Math.sqrt(1 + 1.5625), within(1e-12));
  }

  @Test
  void penaltyDoesNotShrinkWithTheBatch() {
    Contribution total = total(8.0, 0.0, 8, 0, 0, 0, 0, 0);
    step(new Regularization(0.0, 1.0), Double.POSITIVE_INFINITY)
        .prepare(total, parameters, workspace);
    assertThat(total.gradient()).containsExactly(3, -3, 0, 0, 0, 0);
  }

  /** ‖g‖ = 5 clipped to 2: factor 2/(5 + 1e-6). */
  @Test
  void clippingScalesTheGradientAndReportsTheNormBeforeIt() {
    Contribution total = total(1.0, 0.0, 3, 0, 0, 4, 0, 0);
    UpdateStep step = step(Regularization.NONE, 2.0);
    Report report = step.prepare(total, parameters, workspace);
    assertThat(report.gradientNorm()).isEqualTo(5.0);
    step.apply(total, report, parameters, step.optimizer().newState(6), 1.0, 1, workspace);
    double factor = 2.0 / (5.0 + 1e-6);
    assertThat(total.gradient()[0]).isCloseTo((float) (3 * factor), within(1.2e-7f));
    assertThat(total.gradient()[3]).isCloseTo((float) (4 * factor), within(1.2e-7f));
    assertThat(parameters.values()[0]).isEqualTo(2 - total.gradient()[0]);
    assertThat(parameters.values()[3]).isEqualTo(7 - total.gradient()[3]);
  }

  @Test
  void gradientWithinTheNormIsNotClipped() {
    Contribution total = total(1.0, 0.0, 3, 0, 0, 4, 0, 0);
    UpdateStep step = step(Regularization.NONE, 5.1);
    Report report = step.prepare(total, parameters, workspace);
    step.apply(total, report, parameters, step.optimizer().newState(6), 1.0, 1, workspace);
    assertThat(parameters.values()).containsExactly(-1, -3, 5, 3, 0, 11, 13, 17);
  }

  @Test
  void zeroGradientIsNotClippedToNotANumber() {
    Contribution total = total(1.0, 0.0, 0, 0, 0, 0, 0, 0);
    UpdateStep step = step(Regularization.NONE, 1e-9);
    Report report = step.prepare(total, parameters, workspace);
    step.apply(total, report, parameters, step.optimizer().newState(6), 1.0, 1, workspace);
    assertThat(parameters.values()).containsExactly(2, -3, 5, 7, 0, 11, 13, 17);
  }

  @Test
  void preparingChangesNoParameterAndApplyingNoRunningStatistic() {
    Contribution total = total(1.0, 0.0, 1, 1, 1, 1, 1, 1);
    UpdateStep step = step(new Regularization(0.1, 0.1), Double.POSITIVE_INFINITY);
    Report report = step.prepare(total, parameters, workspace);
    assertThat(parameters.values()).containsExactly(2, -3, 5, 7, 0, 11, 13, 17);
    step.apply(total, report, parameters, step.optimizer().newState(6), 0.5, 1, workspace);
    assertThat(parameters.values()[6]).isEqualTo(13f);
    assertThat(parameters.values()[7]).isEqualTo(17f);
    assertThat(parameters.values()[5]).isEqualTo(10.5f);
  }

  @Test
  void whateverIsNotFiniteIsNoticed() {
    UpdateStep step = step(Regularization.NONE, Double.POSITIVE_INFINITY);
    assertThat(step.prepare(total(1.0, 1.0, 1, 2, 3, 4, 5, 6), parameters, workspace).isFinite())
        .isTrue();
    assertThat(
            step.prepare(total(1.0, Double.NaN, 1, 2, 3, 4, 5, 6), parameters, workspace)
                .isFinite())
        .isFalse();
    assertThat(
            step.prepare(total(1.0, 1.0, 1, 2, 3, Float.NaN, 5, 6), parameters, workspace)
                .isFinite())
        .isFalse();
    assertThat(
            step.prepare(
                    total(1.0, 1.0, 1, 2, Float.NEGATIVE_INFINITY, 4, 5, 6), parameters, workspace)
                .isFinite())
        .isFalse();
    assertThat(
            step.prepare(total(1.0, 1.0, 3e38f, 3e38f, 3e38f, 4, 5, 6), parameters, workspace)
                .isFinite())
        .as("large but finite")
        .isTrue();
    parameters.values()[0] = Float.POSITIVE_INFINITY;
    assertThat(
            step(new Regularization(0.1, 0), 1.0)
                .prepare(total(1.0, 1.0, 1, 2, 3, 4, 5, 6), parameters, workspace)
                .isFinite())
        .isFalse();
  }

  @Test
  void aGradientWhoseSquareIsInfiniteInFloatIsNotAccepted() {
    UpdateStep step = step(Regularization.NONE, Double.POSITIVE_INFINITY);
    Report large = step.prepare(total(1.0, 1.0, 1.8e19f, 0, 0, 0, 0, 0), parameters, workspace);
    Report tooLarge = step.prepare(total(1.0, 1.0, 1.9e19f, 0, 0, 0, 0, 0), parameters, workspace);
    assertThat(1.8e19f * 1.8e19f).isFinite();
    assertThat(1.9e19f * 1.9e19f).isInfinite();
    assertThat(step.accepts(large)).isTrue();
    assertThat(tooLarge.isFinite()).isTrue();
    assertThat(step.accepts(tooLarge)).isFalse();
    assertThat(step.accepts(new Report(Double.NaN, 0.0, 1.0))).isFalse();
    assertThat(step(Regularization.NONE, 5.0).accepts(tooLarge)).as("clipped to 5").isTrue();
  }

  @Test
  void aMiniBatchWhoseExamplesAllWeighNothingMovesNothing() {
    Contribution total = total(0.0, 0.0, 0, 0, 0, 0, 0, 0);
    Report report = step(Regularization.NONE, 1.0).prepare(total, parameters, workspace);
    assertThat(report.isFinite()).isTrue();
    assertThat(report.loss()).isZero();
    assertThat(total.gradient()).containsOnly(0f);
  }

  /** A bias, weights that end in the middle of a block, and odd lengths around a block's end. */
  private static ParameterLayout layout(int first, int second) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.bias", Role.SHIFT, 3);
    builder.reserve("1.weight", Role.WEIGHT, 1, first);
    builder.reserve("1.bias", Role.SHIFT, 5);
    builder.reserve("2.weight", Role.WEIGHT, 1, second);
    return builder.build();
  }

  private static float[] random(int seed, int length) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Three steps with penalty and clipping; what they leave and report, as one list. */
  private static List<Object> trained(ParameterLayout layout, Optimizer optimizer, int threads) {
    int length = layout.trainableLength();
    ParameterVector vector = new ParameterVector(random(1, length));
    OptimizerState state = optimizer.newState(length);
    UpdateStep step = new UpdateStep(layout, new Regularization(0.01, 0.02), 1.0, optimizer);
    List<Object> trace = new ArrayList<>();
    try (ThreadTeam team = new ThreadTeam("test", threads)) {
      UpdateWorkspace shared = new UpdateWorkspace(layout, team);
      for (int t = 1; t <= 3; t++) {
        Contribution total = total(3.0, 6.0, random(t, length));
        Report report = step.prepare(total, vector, shared);
        step.apply(total, report, vector, state, 0.01, t, shared);
        trace.add(report);
      }
    }
    trace.add(Arrays.hashCode(vector.values()));
    for (int slot = 0; slot < optimizer.slotNames().size(); slot++) {
      trace.add(Arrays.hashCode(state.slot(slot)));
    }
    return trace;
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    int block = UpdateWorkspace.BLOCK;
    for (int first : new int[] {1, block - 9, block - 8, block - 3, block - 2, 2 * block + 17}) {
      for (int second : new int[] {1, block, block + 1, 5 * block - 1}) {
        ParameterLayout layout = layout(first, second);
        for (Optimizer optimizer :
            List.of(
                new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8),
                new Optimizer.AdamW(0.01, 0.9, 0.999, 1e-8, 0.1),
                new Optimizer.Lars(0.01, 0.9, 1e-3, 0.01),
                new Optimizer.Lamb(0.01, 0.9, 0.999, 1e-6, 0.1))) {
          List<Object> expected = trained(layout, optimizer, 1);
          for (int threads = 2; threads <= 4; threads++) {
            assertThat(trained(layout, optimizer, threads)).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void blocksTogetherAreTheWholeVector() {
    ParameterLayout layout = layout(UpdateWorkspace.BLOCK + 100, 3 * UpdateWorkspace.BLOCK);
    int length = layout.trainableLength();
    float[] values = random(1, length);
    float[] sums = random(2, length);
    double l1 = 0.25;
    double l2 = 0.5;
    double penalty = 0.0;
    double squares = 0.0;
    float[] expected = new float[length];
    for (int i = 0; i < length; i++) {
      expected[i] = sums[i] * 0.25f;
    }
    for (ParameterWindow window : layout.windows()) {
      for (int i = window.offset(); i < window.end() && window.role() == Role.WEIGHT; i++) {
        expected[i] += Math.signum(values[i]) * 0.25f + 0.5f * values[i];
        penalty += l1 * Math.abs(values[i]) + l2 / 2 * values[i] * values[i];
      }
    }
    for (float g : expected) {
      squares += (double) g * g;
    }
    Contribution total = total(4.0, 0.0, sums);
    Report report =
        new UpdateStep(
                layout,
                new Regularization(l1, l2),
                Double.POSITIVE_INFINITY,
                new Optimizer.Sgd(1.0))
            .prepare(
                total,
                new ParameterVector(values),
                new UpdateWorkspace(layout, ThreadTeam.ofCaller()));
    assertThat(total.gradient()).isEqualTo(expected);
    assertThat(report.penalty()).isCloseTo(penalty, withinPercentage(1e-10));
    assertThat(report.gradientNorm()).isCloseTo(Math.sqrt(squares), withinPercentage(1e-10));
  }
}
