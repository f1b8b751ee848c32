package dev.lockstep.trainer.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.reduce.Moments;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunningStatisticsTest {
  private final Network network =
      new Network(
          List.of(new LayerSpec.BatchNorm(), Samples.dense(3), new LayerSpec.BatchNorm()),
          Shape.vector(2));
  private final ParameterVector parameters = network.initialParameters(1);

  private float[] tensor(String name) {
    ParameterWindow window =
        network.layout().windows().stream()
            .filter(w -> w.name().equals(name))
            .findFirst()
            .orElseThrow();
    return Arrays.copyOfRange(parameters.values(), window.offset(), window.end());
  }

  private static Moments moments(long count, double mean, double squared, int columns) {
    Moments moments = new Moments(columns);
    Arrays.fill(moments.mean(), mean);
    Arrays.fill(moments.squaredDeviations(), squared);
    moments.set(count);
    return moments;
  }

  /**
   * As PyTorch's BatchNorm1d with momentum 0.1. Batch 1, 2, 3, 6: mean 3, unbiased variance 14/3.
   * Mean 0.9·0 + 0.1·3 = 0.3, variance 0.9·1 + 0.1·14/3 = 1.3666667. Then batch -1, 1: mean 0,
   * unbiased variance 2. Mean 0.27, variance 0.9·1.3666667 + 0.2 = 1.43.
   */
  @Test
  void statisticsMoveAsInPyTorch() {
    RunningStatistics statistics = new RunningStatistics(network.layout(), new long[2]);
    statistics.move(new Moments[] {moments(4, 3, 14, 2), moments(4, 0, 3, 3)}, parameters);
    assertThat(tensor("0.running_mean")).containsExactly(new float[] {0.3f, 0.3f}, within(1e-7f));
    assertThat(tensor("0.running_var"))
        .containsExactly(new float[] {1.3666667f, 1.3666667f}, within(2e-7f));
    assertThat(tensor("2.running_mean")).containsExactly(0, 0, 0);
    assertThat(tensor("2.running_var")).containsExactly(new float[] {1, 1, 1}, within(1e-7f));
    statistics.move(new Moments[] {moments(2, 0, 2, 2), moments(2, 5, 0, 3)}, parameters);
    assertThat(tensor("0.running_mean")).containsExactly(new float[] {0.27f, 0.27f}, within(1e-7f));
    assertThat(tensor("0.running_var")).containsExactly(new float[] {1.43f, 1.43f}, within(2e-7f));
    assertThat(tensor("2.running_mean"))
        .containsExactly(new float[] {0.5f, 0.5f, 0.5f}, within(1e-7f));
    assertThat(statistics.batchesTracked()).containsExactly(2, 2);
    assertThat(statistics.layers()).isEqualTo(2);
  }

  @Test
  void batchOfOneValueMovesTheMeanOnly() {
    RunningStatistics statistics = new RunningStatistics(network.layout(), new long[] {7, 7});
    statistics.move(new Moments[] {moments(1, 10, 0, 2), moments(1, 10, 0, 3)}, parameters);
    assertThat(tensor("0.running_mean")).containsExactly(new float[] {1, 1}, within(1e-7f));
    assertThat(tensor("0.running_var")).containsExactly(1, 1);
    assertThat(statistics.batchesTracked()).containsExactly(8, 8);
  }

  /** A checkpoint holds the float32 parameter vector and nothing else of the statistics. */
  @Test
  void resumingFromTheParametersGivesTheSameBits() {
    Random random = new Random(1);
    ParameterVector resumed = parameters.copy();
    RunningStatistics uninterrupted = new RunningStatistics(network.layout(), new long[2]);
    for (int step = 0; step < 200; step++) {
      Moments[] batch = {
        moments(16, random.nextGaussian(), random.nextDouble(), 2),
        moments(16, random.nextGaussian(), random.nextDouble(), 3)
      };
      uninterrupted.move(batch, parameters);
      new RunningStatistics(network.layout(), new long[2]).move(batch, resumed);
      assertThat(resumed.values()).isEqualTo(parameters.values());
    }
  }

  @Test
  void trainableParametersStayAsTheyAre() {
    float[] before = parameters.values().clone();
    new RunningStatistics(network.layout(), new long[2])
        .move(new Moments[] {moments(4, 3, 14, 2), moments(4, 3, 14, 3)}, parameters);
    int trainable = network.layout().trainableLength();
    assertThat(Arrays.copyOf(parameters.values(), trainable))
        .isEqualTo(Arrays.copyOf(before, trainable));
  }

  @Test
  void wrongNumberOfCountsIsRefused() {
    assertThatThrownBy(() -> new RunningStatistics(network.layout(), new long[1]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
