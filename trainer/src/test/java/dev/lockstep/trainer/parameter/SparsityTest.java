package dev.lockstep.trainer.parameter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import org.junit.jupiter.api.Test;

class SparsityTest {
  @Test
  void countsWeightsWithinTheThresholdAndNothingElse() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.WEIGHT, 2, 3);
    builder.reserve("0.bias", Role.SHIFT, 2);
    builder.reserve("1.weight", Role.SCALE, 2);
    builder.reserve("1.running_mean", Role.RUNNING_MEAN, 2);
    builder.reserve("2.weight", Role.WEIGHT, 1, 2);
    ParameterVector parameters =
        new ParameterVector(
            new float[] {0, -0f, 9e-7f, -9e-7f, 2e-6f, -1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0});
    assertThat(Sparsity.share(builder.build(), parameters)).isEqualTo(5.0 / 8);
  }

  @Test
  void networkWithoutWeightsHasNoneThatAreZero() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.SCALE, 1);
    assertThat(Sparsity.share(builder.build(), new ParameterVector(new float[1]))).isZero();
  }

  @Test
  void notANumberIsNotZero() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder();
    builder.reserve("0.weight", Role.WEIGHT, 1, 2);
    assertThat(Sparsity.share(builder.build(), new ParameterVector(new float[] {Float.NaN, 0f})))
        .isEqualTo(0.5);
  }
}
