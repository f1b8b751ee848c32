package dev.lockstep.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
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
   * @param rosenbrockRate a rate that suits Rosenbrock's valley
   */
  private record Case(Optimizer rule, double first, double second, double rosenbrockRate) {}

  /**
   * The numbers for {@code first} and {@code second}, with α = 0.1, β = β1 = 0.9, β2 = 0.999, ε =
   * 1e-8.
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
            1e-2));
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
    c.rule().update(theta, new float[] {0.5f}, state, 0, 1, 0.1, 1);
    assertThat(theta[0]).isCloseTo((float) c.first(), within(1.2e-7f));
    c.rule().update(theta, new float[] {-0.25f}, state, 0, 1, 0.1, 2);
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
    OptimizerState state = rule.newState(theta.length);
    for (int t = 1; t <= steps; t++) {
      gradient.at(theta, g);
      rule.update(theta, g, state, 0, theta.length, rate * (steps + 1 - t) / steps, t);
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
            c.rule(),
            new float[] {5, -5, 3},
            (at, gradient) -> {
              for (int i = 0; i < at.length; i++) {
                gradient[i] = curvature[i] * (at[i] - i);
              }
            },
            0.1,
            1500);
    assertThat(theta).containsExactly(new float[] {0, 1, 2}, within(1e-3f));
  }

  /** f = (1-x)² + 100 (y-x²)² from the usual start (-1.2, 1); the minimum is (1, 1). */
  @ParameterizedTest
  @MethodSource("cases")
  void convergesInRosenbrocksValley(Case c) {
    float[] theta =
        minimize(
            c.rule(),
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
    float[] whole = Samples.gaussian(1, length, 1.0);
    float[] parts = whole.clone();
    OptimizerState wholeState = c.rule().newState(length);
    OptimizerState partsState = c.rule().newState(length);
    for (int t = 1; t <= 20; t++) {
      float[] gradient = Samples.gaussian(t, length, 0.1);
      c.rule().update(whole, gradient, wholeState, 0, length, 0.01, t);
      c.rule().update(parts, gradient, partsState, 411, length, 0.01, t);
      c.rule().update(parts, gradient, partsState, 0, 411, 0.01, t);
    }
    assertThat(parts).isEqualTo(whole);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nothingOutsideTheRangeChanges(Case c) {
    float[] theta = {1, 1, 1, 1};
    OptimizerState state = c.rule().newState(4);
    c.rule().update(theta, new float[] {1, 1, 1, 1}, state, 1, 3, 0.1, 1);
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
      c.rule().update(theta, gradient, state, 0, length, 0.01, t);
      if (resumed != null) {
        c.rule().update(resumed, gradient, resumedState, 0, length, 0.01, t);
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
      c.rule().update(theta, new float[2], state, 0, 2, 0.1, t);
    }
    assertThat(theta).containsExactly(3f, -2f);
  }

  @Test
  void firstStepOfAdamIsTheRateWhateverTheSizeOfTheGradient() {
    float[] gradient = {1e-4f, -1e-4f, 1f, -1f, 1e6f, -1e6f};
    float[] theta = new float[gradient.length];
    Optimizer adam = new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8);
    adam.update(theta, gradient, adam.newState(theta.length), 0, theta.length, 0.001, 1);
    for (int i = 0; i < theta.length; i++) {
      assertThat(theta[i]).isCloseTo(-0.001f * Math.signum(gradient[i]), within(2e-7f));
    }
  }

  @Test
  void defaultsAreTheDocumentedOnes() {
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
