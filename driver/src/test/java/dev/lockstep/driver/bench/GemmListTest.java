package dev.lockstep.driver.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.bench.Gemm.Kind;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import java.util.List;
import org.junit.jupiter.api.Test;

class GemmListTest {
  private static Dense dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  private static GemmList list(Shape input, int rows, LayerSpec... layers) {
    return GemmList.of(new Network(List.of(layers), input), rows);
  }

  private static GemmList standard(int number, int rows) {
    return GemmList.of(Workload.standard().get(number - 1).network(), rows);
  }

  @Test
  void aDenseLayerNeedsThreeProductsAndTheFirstOneTwo() {
    assertThat(list(Shape.vector(5), 7, dense(4), new Relu(), dense(3)).products())
        .containsExactly(
            new Gemm(Kind.BY_TRANSPOSED, 7, 4, 5, 1),
            new Gemm(Kind.TRANSPOSED, 4, 5, 7, 1),
            new Gemm(Kind.BY_TRANSPOSED, 7, 3, 4, 1),
            new Gemm(Kind.TRANSPOSED, 3, 4, 7, 1),
            new Gemm(Kind.PLAIN, 7, 4, 3, 1));
  }

  @Test
  void flopsOfTheFirstWorkloadAreThoseCountedByHand() {
    long first = 2L * 64 * 784 * 256;
    long others = 2L * 64 * (256 * 128 + 128 * 10);
    assertThat(standard(1, 64).flops()).isEqualTo(2 * first + 3 * others);
  }

  @Test
  void flopsOfTheConvolutionalWorkloadAreThoseCountedByHand() {
    long firstConvolution = 2L * 64 * 28 * 28 * (9 * 32);
    long secondConvolution = 2L * 64 * 14 * 14 * (9 * 32 * 64);
    long dense = 2L * 64 * (7 * 7 * 64 * 128 + 128 * 10);
    assertThat(standard(4, 64).flops())
        .isEqualTo(2 * firstConvolution + 3 * (secondConvolution + dense));
  }

  @Test
  void blocksOfAConvolutionCoverEveryPixelOnce() {
    Conv2d convolution = new Conv2d(8, 3, 1, Padding.VALID, Dense.DEFAULT_INITIALIZER, null);
    List<Gemm> products =
        list(new Shape(50, 50, 4), 11, convolution, new Flatten(), dense(2)).products();
    long pixels =
        products.stream()
            .filter(product -> product.kind() == Kind.PLAIN && product.n() == 8)
            .mapToLong(product -> (long) product.m() * product.repeats())
            .sum();
    assertThat(pixels).isEqualTo(11L * 48 * 48);
  }

  @Test
  void layersInsideABlockCountToo() {
    GemmList list =
        list(
            Shape.vector(6),
            4,
            dense(6),
            new Residual(List.of(dense(6), new Relu(), dense(6)), false),
            dense(2));
    assertThat(list.flops()).isEqualTo(2L * 4 * (2 * 36 + 3 * 36 + 3 * 36 + 3 * 12));
  }

  @Test
  void everyProductOfTheWorkloadsAgreesWithAPlainLoop() {
    for (Workload workload : Workload.standard()) {
      GemmStream stream = new GemmStream(GemmList.of(workload.network(), 4));
      stream.run();
      stream.check();
    }
    Gemm product = new Gemm(Kind.TRANSPOSED, 2, 2, 2, 1);
    float[] left = {1, 2, 3, 4};
    float[] right = {5, 6, 7, 8};
    float[] result = new float[4];
    product.run(left, right, result);
    assertThat(result).containsExactly(26, 30, 38, 44);
    assertThat(product.element(left, right, 1, 0)).isEqualTo(38);
  }
}
