package dev.lockstep.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of the whole family of update rules. */
class OptimizerTest {
  /**
   * A rule at rate 0.1 with what the contract test needs to know about it.
   *
   * @param first θ after one step from θ = 1 with g = 1/2, worked by hand
   * @param second θ after another step with g = -1/4
   * @param undecayed the same rule without weight decay, which would move the minimum
   * @param parabolaRate a rate that suits a parabola
   * @param rosenbrockRate a rate that suits Rosenbrock's valley
   */
  private record Case(
      Optimizer rule,
      double first,
      double second,
      Optimizer undecayed,
      double parabolaRate,
      double rosenbrockRate) {
    private Case(Optimizer rule, double first, double second, double rosenbrockRate) {
      this(rule, first, second, rule, 0.1, rosenbrockRate);
    }
  }

  /**
   * The numbers for {@code first} and {@code second}, with α = 0.1, β = β1 = 0.9, β2 = 0.999, ε =
   * 1e-8, weight decay 0.1 and trust coefficient 0.5.
   */
  static List<Case> cases() {
    return List.of(
        // 1 - 0.1/2; + 0.1/4
        new Case(new Optimizer.Sgd(0.1), 0.95, 0.975, 1e-3),
        // v = 0.05; v = 0.045 - 0.025 = 0.02
        new Case(new Optimizer.Momentum(0.1, 0.9, false), 0.995, 0.993, 2e-3),
        // v/(1-0.9) = 0.5; v = 0.02, v/(1-0.81) = 0.1052631578947
        new Case(new Optimizer.Momentum(0.1, 0.9, true), 0.95, 0.9394736842105262, 2e-3),
        // v = 0.5; v = 0.45 - 0.25 = 0.2
        new Case(new Optimizer.HeavyBall(0.1, 0.9), 0.95, 0.93, 2e-4),
        // g + 0.9 v = 0.95; v = 0.2, g + 0.9 v = -0.07
        new Case(new Optimizer.Nesterov(0.1, 0.9), 0.905, 0.912, 2e-4),
        // s = 0.025, √s = 0.158113883; s = 0.0225 + 0.00625 = 0.02875, √s = 0.169558250
        new Case(
            new Optimizer.RmsProp(0.1, 0.9, 1e-8), 0.6837722539831608, 0.8312142014424062, 1e-3),
        // v̂ = 0.5, ŝ = 0.25; v = 0.02, v̂ = 0.02/0.19, s = 0.00031225, ŝ = s/0.001999, √ŝ =
        // 0.395225382
        new Case(
            new Optimizer.Adam(0.1, 0.9, 0.999, 1e-8),
            0.9000000019999999,
            0.8733662987078462,
            1e-2),
        // 0.99 first, then Adam's step of 0.1; 0.89 · 0.99 = 0.8811, then Adam's 0.0266337033
        new Case(
            new Optimizer.AdamW(0.1, 0.9, 0.999, 1e-8, 0.1),
            0.8900000019999998,
            0.8544662986878462,
            new Optimizer.AdamW(0.1, 0.9, 0.999, 1e-8, 0),
            0.1,
            1e-2),
        // s = 0.25, √s = 0.5; s = 0.3125, √s = 0.559016994
        new Case(
            new Optimizer.Adagrad(0.1, 1e-10),
            0.90000000002,
            0.9447213595619958,
            new Optimizer.Adagrad(0.1, 1e-10),
            1.0,
            0.5),
        // λ = 0.5/0.6, v = 0.1 λ 0.6 = 0.05; λ = 0.475/0.345, v = 0.045 + 0.1 λ (-0.155)
        new Case(
            new Optimizer.Lars(0.1, 0.9, 0.1, 0.5),
            0.95,
            0.9263405797101448,
            new Optimizer.Lars(0.1, 0.9, 0, 0.5),
            0.1,
            2e-3),
        // u > 0 in both steps, and alone in its tensor: ‖θ‖ u/‖u‖ = θ, so θ shrinks by a tenth
        new Case(
            new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-8, 0.1),
            0.9,
            0.81,
            new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-8, 0),
            0.1,
            1e-2));
  }

  /** One weight tensor for each length. */
  private static ParameterLayout weights(int... lengths) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    for (int i = 0; i < lengths.length; i++) {
      builder.reserve(i + ".weight", Role.WEIGHT, 1, lengths[i]);
    }
    return builder.build();
  }

  @Test
  void everyOptimizerIsCovered() {
    Set<Class<?>> covered = new HashSet<>();
    cases().forEach(c -> covered.add(c.rule().getClass()));
    assertThat(covered).containsExactlyInAnyOrder(Optimizer.class.getPermittedSubclasses());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void firstTwoStepsEqualTheNumbersWorkedByHand(Case c) {
    OptimizerState state = c.rule().newState(1);
    float[] theta = {1f};
    ParameterLayout layout = weights(1);
    c.rule().update(layout, theta, new float[] {0.5f}, state, 0, 1, 0.1, 1);
    assertThat(theta[0]).isCloseTo((float) c.first(), within(1.2e-7f));
    c.rule().update(layout, theta, new float[] {-0.25f}, state, 0, 1, 0.1, 2);
    assertThat(theta[0]).isCloseTo((float) c.second(), within(2.4e-7f));
  }

  private interface Gradient {
    void at(float[] theta, float[] gradient);
  }

  /**
   * Runs with the rate falling evenly to 0, so that rules with steps of constant length settle too.
   */
  private static float[] minimize(
      Optimizer rule, float[] start, Gradient gradient, double rate, int steps) {
    float[] theta = start.clone();
    float[] g = new float[theta.length];
    ParameterLayout layout = weights(theta.length);
    OptimizerState state = rule.newState(theta.length);
    for (int t = 1; t <= steps; t++) {
      gradient.at(theta, g);
      rule.update(layout, theta, g, state, 0, theta.length, rate * (steps + 1 - t) / steps, t);
    }
    return theta;
  }

  /** f = Σ c_i (θ_i - i)²/2 with curvatures 0.5, 1, 4. */
  @ParameterizedTest
  @MethodSource("cases")
  void convergesOnAParabola(Case c) {
    float[] curvature = {0.5f, 1f, 4f};
    float[] theta =
        minimize(
            c.undecayed(),
            new float[] {5, -5, 3},
            (at, gradient) -> {
              for (int i = 0; i < at.length; i++) {
                gradient[i] = curvature[i] * (at[i] - i);
              }
            },
            c.parabolaRate(),
            1500);
    assertThat(theta).containsExactly(new float[] {0, 1, 2}, within(1e-3f));
  }

  /** f = (1-x)² + 100 (y-x²)² from the usual start (-1.2, 1); the minimum is (1, 1). */
  @ParameterizedTest
  @MethodSource("cases")
  void convergesInRosenbrocksValley(Case c) {
    float[] theta =
        minimize(
            c.undecayed(),
            new float[] {-1.2f, 1f},
            (at, gradient) -> {
              double x = at[0];
              double y = at[1];
              gradient[0] = (float) (-2 * (1 - x) - 400 * x * (y - x * x));
              gradient[1] = (float) (200 * (y - x * x));
            },
            c.rosenbrockRate(),
            60_000);
    assertThat(theta).containsExactly(new float[] {1, 1}, within(0.01f));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void updatingInTwoRangesEqualsOneToTheBit(Case c) {
    int length = 1037;
    ParameterLayout layout = weights(400, 11, 626);
    float[] whole = Samples.gaussian(1, length, 1.0);
    float[] parts = whole.clone();
    OptimizerState wholeState = c.rule().newState(length);
    OptimizerState partsState = c.rule().newState(length);
    for (int t = 1; t <= 20; t++) {
      float[] gradient = Samples.gaussian(t, length, 0.1);
      c.rule().update(layout, whole, gradient, wholeState, 0, length, 0.01, t);
      c.rule().update(layout, parts, gradient, partsState, 411, length, 0.01, t);
      c.rule().update(layout, parts, gradient, partsState, 0, 411, 0.01, t);
    }
    assertThat(parts).isEqualTo(whole);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nothingOutsideTheRangeChanges(Case c) {
    float[] theta = {1, 1, 1, 1};
    OptimizerState state = c.rule().newState(4);
    c.rule().update(weights(1, 2, 1), theta, new float[] {1, 1, 1, 1}, state, 1, 3, 0.1, 1);
    assertThat(theta[0]).isEqualTo(1f);
    assertThat(theta[3]).isEqualTo(1f);
    assertThat(theta[1]).isLessThan(1f).isEqualTo(theta[2]);
    for (int slot = 0; slot < state.names().size(); slot++) {
      assertThat(state.slot(slot)[0]).isZero();
      assertThat(state.slot(slot)[3]).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void copiedStateContinuesToTheSameBits(Case c) {
    int length = 64;
    ParameterLayout layout = weights(40, 24);
    float[] theta = Samples.gaussian(1, length, 1.0);
    OptimizerState state = c.rule().newState(length);
    float[] resumed = null;
    OptimizerState resumedState = null;
    for (int t = 1; t <= 60; t++) {
      if (t == 31) {
        resumed = theta.clone();
        resumedState = c.rule().newState(length);
        assertThat(resumedState.names()).isEqualTo(c.rule().slotNames());
        for (int slot = 0; slot < state.names().size(); slot++) {
          System.arraycopy(state.slot(slot), 0, resumedState.slot(slot), 0, length);
        }
      }
      float[] gradient = Samples.gaussian(t, length, 0.1);
      c.rule().update(layout, theta, gradient, state, 0, length, 0.01, t);
      if (resumed != null) {
        c.rule().update(layout, resumed, gradient, resumedState, 0, length, 0.01, t);
      }
    }
    assertThat(resumed).isEqualTo(theta);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void zeroGradientFromTheStartMovesNothing(Case c) {
    float[] theta = {3f, -2f};
    OptimizerState state = c.rule().newState(2);
    for (int t = 1; t <= 10; t++) {
      c.undecayed().update(weights(2), theta, new float[2], state, 0, 2, 0.1, t);
    }
    assertThat(theta).containsExactly(3f, -2f);
  }

  @Test
  void firstStepOfAdamIsTheRateWhateverTheSizeOfTheGradient() {
    float[] gradient = {1e-4f, -1e-4f, 1f, -1f, 1e6f, -1e6f};
    float[] theta = new float[gradient.length];
    Optimizer adam = new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8);
    adam.update(
        weights(theta.length),
        theta,
        gradient,
        adam.newState(theta.length),
        0,
        theta.length,
        0.001,
        1);
    for (int i = 0; i < theta.length; i++) {
      assertThat(theta[i]).isCloseTo(-0.001f * Math.signum(gradient[i]), within(2e-7f));
    }
  }

  /** θ = (3, 4), g = (0.6, 0.8): λ = 0.5·5/(1 + 0.1·5) = 5/3, v = 0.1 λ (0.9, 1.2). */
  @Test
  void larsScalesATensorsStepByTheRatioOfItsNorms() {
    float[] theta = {3, 4};
    Optimizer lars = new Optimizer.Lars(0.1, 0.9, 0.1, 0.5);
    lars.update(weights(2), theta, new float[] {0.6f, 0.8f}, lars.newState(2), 0, 2, 0.1, 1);
    assertThat(theta).containsExactly(new float[] {2.85f, 3.8f}, within(5e-7f));
  }

  /** θ = (3, 4): v̂/√ŝ = (1, 1), u = (1.3, 1.4), ‖u‖ = √3.65, ratio 5/√3.65 = 2.6171196. */
  @Test
  void lambScalesATensorsStepByTheRatioOfItsNorms() {
    float[] theta = {3, 4};
    Optimizer lamb = new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-8, 0.1);
    lamb.update(weights(2), theta, new float[] {0.6f, 0.8f}, lamb.newState(2), 0, 2, 0.1, 1);
    assertThat(theta).containsExactly(new float[] {2.6597745f, 3.6336033f}, within(1e-6f));
  }

  /** Against the gradient alone: lars then is heavy ball, lamb and adamW are Adam. */
  @Test
  void biasesAndScalesAreNeitherDecayedNorScaledByLayer() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.SCALE, 3);
    builder.reserve("0.bias", Role.SHIFT, 2);
    ParameterLayout layout = builder.build();
    float[] gradient = {1, -2, 3, -4, 5};
    Optimizer adam = new Optimizer.Adam(0.1, 0.9, 0.999, 1e-8);
    float[] adams = step(adam, layout, gradient);
    assertThat(step(new Optimizer.AdamW(0.1, 0.9, 0.999, 1e-8, 0.5), layout, gradient))
        .isEqualTo(adams);
    assertThat(step(new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-8, 0.5), layout, gradient))
        .containsExactly(adams, within(1e-6f));
    assertThat(step(new Optimizer.Lars(0.1, 0.9, 0.5, 0.001), layout, gradient))
        .isEqualTo(step(new Optimizer.HeavyBall(0.1, 0.9), layout, gradient));
  }

  private static float[] step(Optimizer rule, ParameterLayout layout, float[] gradient) {
    float[] theta = {1, 2, 3, 4, 5};
    rule.update(layout, theta, gradient, rule.newState(5), 0, 5, 0.1, 1);
    return theta;
  }

  @Test
  void layerWiseRatioIsOneWhereANormIsZero() {
    float[] zeros = new float[2];
    Optimizer lars = new Optimizer.Lars(0.1, 0.9, 0.1, 0.001);
    lars.update(weights(2), zeros, new float[] {1, -2}, lars.newState(2), 0, 2, 0.1, 1);
    assertThat(zeros).containsExactly(new float[] {-0.1f, 0.2f}, within(1e-7f));
    Optimizer lamb = new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-8, 0.1);
    float[] others = new float[2];
    lamb.update(weights(2), others, new float[] {1, -2}, lamb.newState(2), 0, 2, 0.1, 1);
    assertThat(others).containsExactly(new float[] {-0.1f, 0.1f}, within(1e-7f));
    float[] still = {1, 1};
    lars.update(weights(2), still, new float[2], lars.newState(2), 0, 2, 0.1, 1);
    assertThat(still).as("decay alone").containsExactly(new float[] {0.99f, 0.99f}, within(1e-7f));
  }

  /** The ratio of the norms is far beyond float32 here, and a zero times infinity is no number. */
  @Test
  void vanishedGradientsLeaveNumbers() {
    for (Optimizer rule :
        List.of(
            new Optimizer.Lars(0.1, 0.9, 0, 0.001), new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-6, 0))) {
      for (float multiple : new float[] {1, 7, 700, 1 << 23}) {
        float[] theta = {3, 4, -5};
        float smallest = multiple * Float.MIN_VALUE;
        OptimizerState state = rule.newState(3);
        for (int step = 1; step <= 3; step++) {
          rule.update(
              weights(3), theta, new float[] {smallest, 0, -smallest}, state, 0, 3, 0.1, step);
        }
        for (float value : theta) {
          assertThat(value).as("%s, gradient %s", rule, smallest).isFinite();
        }
        assertThat(theta[1]).isEqualTo(4f);
      }
    }
  }

  @Test
  void layerWiseRatiosRefuseAPartOfATensor() {
    for (Optimizer rule :
        List.of(
            new Optimizer.Lars(0.1, 0.9, 0, 0.001), new Optimizer.Lamb(0.1, 0.9, 0.999, 1e-6, 0))) {
      assertThatThrownBy(
              () ->
                  rule.update(
                      weights(4), new float[4], new float[4], rule.newState(4), 0, 3, 0.1, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0.weight");
    }
  }

  @Test
  void defaultsAreTheDocumentedOnes() {
    assertThat(Optimizer.AdamW.DEFAULT_WEIGHT_DECAY).isEqualTo(0.01);
    assertThat(Optimizer.Adagrad.DEFAULT_EPSILON).isEqualTo(1e-10);
    assertThat(Optimizer.Lars.DEFAULT_BETA).isEqualTo(0.9);
    assertThat(Optimizer.Lars.DEFAULT_WEIGHT_DECAY).isEqualTo(5e-4);
    assertThat(Optimizer.Lars.DEFAULT_TRUST_COEFFICIENT).isEqualTo(0.001);
    assertThat(Optimizer.Lamb.DEFAULT_BETA1).isEqualTo(0.9);
    assertThat(Optimizer.Lamb.DEFAULT_BETA2).isEqualTo(0.999);
    assertThat(Optimizer.Lamb.DEFAULT_EPSILON).isEqualTo(1e-6);
    assertThat(Optimizer.Lamb.DEFAULT_WEIGHT_DECAY).isEqualTo(0.01);
    assertThat(Optimizer.Momentum.DEFAULT_BETA).isEqualTo(0.9);
    assertThat(Optimizer.RmsProp.DEFAULT_BETA).isEqualTo(0.9);
    assertThat(Optimizer.RmsProp.DEFAULT_EPSILON).isEqualTo(1e-8);
    assertThat(Optimizer.Adam.DEFAULT_BETA1).isEqualTo(0.9);
    assertThat(Optimizer.Adam.DEFAULT_BETA2).isEqualTo(0.999);
    assertThat(Optimizer.Adam.DEFAULT_EPSILON).isEqualTo(1e-8);
  }

  @Test
  void slotsAreZeroAndAsLongAsAsked() {
    for (Case c : cases()) {
      OptimizerState state = c.rule().newState(7);
      for (int slot = 0; slot < state.names().size(); slot++) {
        assertThat(state.slot(slot)).hasSize(7).containsOnly(0f);
      }
      assertThat(Arrays.asList(c.rule().slotNames().toArray())).doesNotHaveDuplicates();
    }
  }
}
