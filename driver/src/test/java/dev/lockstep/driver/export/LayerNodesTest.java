package dev.lockstep.driver.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.AveragePool;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Conv2d;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Elu;
import dev.lockstep.trainer.layer.LayerSpec.Embedding;
import dev.lockstep.trainer.layer.LayerSpec.Flatten;
import dev.lockstep.trainer.layer.LayerSpec.Gelu;
import dev.lockstep.trainer.layer.LayerSpec.GlobalAveragePool;
import dev.lockstep.trainer.layer.LayerSpec.LayerNorm;
import dev.lockstep.trainer.layer.LayerSpec.LeakyRelu;
import dev.lockstep.trainer.layer.LayerSpec.MaxPool;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Residual;
import dev.lockstep.trainer.layer.LayerSpec.Sigmoid;
import dev.lockstep.trainer.layer.LayerSpec.Silu;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Padding;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of layer computes in ONNX Runtime what it computes here. */
final class LayerNodesTest {
  private static final Shape VECTOR = Shape.vector(6);
  private static final Shape GRAY = new Shape(4, 6, 1);
  private static final Shape COLOR = new Shape(5, 4, 3);

  private static Dense dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  private static Conv2d conv(int filters, int kernel, int stride, Padding padding) {
    return new Conv2d(filters, kernel, stride, padding, Dense.DEFAULT_INITIALIZER, null);
  }

  private static Residual residual(boolean projection, LayerSpec... layers) {
    return new Residual(List.of(layers), projection);
  }

  /** The layers and a dense one that ends them in a single number. */
  private static Arguments stack(Shape shape, LayerSpec... layers) {
    List<LayerSpec> all = new ArrayList<>(List.of(layers));
    all.add(dense(1));
    return Arguments.of(shape, all);
  }

  static List<Arguments> stacks() {
    return List.of(
        stack(VECTOR),
        stack(VECTOR, dense(4), new BatchNorm()),
        stack(VECTOR, new Embedding(3, List.of(new Embedding.Table(0, 2)))),
        stack(
            VECTOR,
            new Embedding(2, List.of(new Embedding.Table(2, 3), new Embedding.Table(3, 1))),
            dense(3)),
        stack(VECTOR, new Embedding(4, List.of(new Embedding.Table(5, 2))), new Tanh()),
        stack(VECTOR, new BatchNorm(), new Dense(3, Dense.DEFAULT_INITIALIZER, false)),
        stack(VECTOR, new Relu()),
        stack(VECTOR, new LeakyRelu()),
        stack(VECTOR, new Elu(), new LayerNorm()),
        stack(VECTOR, dense(12), new LayerNorm(), new Gelu()),
        stack(VECTOR, new Silu()),
        stack(COLOR, conv(4, 1, 1, Padding.SAME), new Gelu(), new Elu(), new GlobalAveragePool()),
        stack(COLOR, new AveragePool(4), new LayerNorm(), new LeakyRelu()),
        stack(COLOR, new Silu(), conv(2, 3, 1, Padding.VALID), new Silu(), new Flatten()),
        stack(VECTOR, new Tanh()),
        stack(VECTOR, new Sigmoid(), new Dropout(0.5)),
        stack(GRAY, dense(5), new Relu()),
        stack(GRAY, new BatchNorm(), new Tanh()),
        stack(GRAY, new Flatten(), dense(3)),
        stack(COLOR, new Flatten()),
        stack(COLOR, new BatchNorm(), new Relu(), new Flatten()),
        stack(COLOR, conv(4, 3, 1, Padding.SAME), new Relu(), new Flatten()),
        stack(COLOR, conv(4, 3, 2, Padding.SAME), new BatchNorm(), new Tanh(), new Flatten()),
        stack(COLOR, conv(2, 2, 1, Padding.VALID), new MaxPool(2), new Flatten()),
        stack(GRAY, conv(3, 5, 3, Padding.SAME), new Dropout(0.5), new GlobalAveragePool()),
        stack(GRAY, conv(1, 3, 1, Padding.SAME), new Sigmoid()),
        stack(COLOR, new MaxPool(2), new AveragePool(2), new BatchNorm(), new Sigmoid()),
        stack(COLOR, new AveragePool(2), conv(5, 2, 1, Padding.VALID), new BatchNorm()),
        stack(COLOR, new GlobalAveragePool(), new Tanh()),
        stack(VECTOR, residual(false, dense(4), new Relu(), dense(6))),
        stack(VECTOR, residual(true, dense(4), new BatchNorm(), new Relu()), new Tanh()),
        stack(
            COLOR,
            conv(4, 3, 1, Padding.SAME),
            residual(
                false,
                conv(2, 3, 1, Padding.SAME),
                new BatchNorm(),
                new Relu(),
                conv(4, 3, 1, Padding.SAME)),
            residual(
                true, conv(6, 3, 2, Padding.SAME), residual(false, new Tanh()), new BatchNorm()),
            new Tanh(),
            new Flatten()),
        stack(COLOR, residual(true, conv(3, 3, 1, Padding.SAME)), new GlobalAveragePool()),
        stack(COLOR, residual(false, new BatchNorm()), residual(false, new Relu()), new Flatten()),
        stack(COLOR, residual(false, new Tanh()), new GlobalAveragePool()));
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void onnxRuntimeAgrees(Shape shape, List<LayerSpec> layers) throws OrtException, IOException {
    ModelSamples.assertAgrees(
        ModelSamples.model(shape, layers, new LossSpec.MeanSquaredError(), List.of()), 17);
  }

  @Test
  void everyKindHasAnEntryAndASample() {
    Set<Class<?>> kinds = Set.of(LayerSpec.class.getPermittedSubclasses());
    assertThat(LayerNodes.kinds()).isEqualTo(kinds);
    Set<Class<?>> sampled = new HashSet<>();
    for (Arguments stack : stacks()) {
      for (Object layer : (List<?>) stack.get()[1]) {
        sampled.add(layer.getClass());
      }
    }
    assertThat(sampled).isEqualTo(kinds);
  }
}
