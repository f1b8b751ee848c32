package dev.lockstep.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.check.Samples;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModelTensorsTest {
  private final Network network =
      new Network(
          List.of(
              Samples.dense(3), new LayerSpec.BatchNorm(), new LayerSpec.Relu(), Samples.dense(2)),
          Shape.vector(4));
  private final ParameterLayout layout = network.layout();
  private final ParameterVector parameters = Samples.parameters(network, 1);

  private List<Tensor> tensors() {
    return new ArrayList<>(ModelTensors.of(layout, parameters, new long[] {42}));
  }

  private ParameterVector empty() {
    return new ParameterVector(new float[layout.length()]);
  }

  private void assertRefused(List<Tensor> tensors, String... parts) {
    assertThatThrownBy(() -> ModelTensors.load(tensors, layout, empty(), "start.safetensors"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
        .hasMessageContaining("start.safetensors")
        .hasMessageContainingAll(parts);
  }

  @Test
  void namesAndOrderAreThoseOfPyTorch() {
    assertThat(tensors())
        .extracting(Tensor::name)
        .containsExactly(
            "0.weight",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "3.weight",
            "3.bias");
  }

  @Test
  void loadingWhatWasTakenGivesTheSameParametersInAnyOrder() {
    List<Tensor> tensors = tensors();
    Collections.reverse(tensors);
    ParameterVector loaded = empty();
    assertThat(ModelTensors.load(tensors, layout, loaded, "w")).containsExactly(42);
    assertThat(loaded.values()).isEqualTo(parameters.values());
  }

  @Test
  void countOfBatchesMayBeMissing() {
    List<Tensor> tensors = tensors();
    tensors.remove(5);
    assertThat(ModelTensors.load(tensors, layout, empty(), "w")).containsExactly(0);
  }

  @Test
  void countOfBatchesMustBeACount() {
    List<Tensor> tensors = tensors();
    tensors.set(5, Tensor.ofFloats("1.num_batches_tracked", List.of(), new float[] {1}));
    assertRefused(tensors, "1.num_batches_tracked", "I64");
    tensors.set(5, Tensor.ofLongs("1.num_batches_tracked", List.of(2), new long[2]));
    assertRefused(tensors, "1.num_batches_tracked", "[2]");
  }

  @Test
  void missingAndExtraTensorsAreNamedTogether() {
    List<Tensor> tensors = tensors();
    tensors.remove(0);
    tensors.remove(tensors.size() - 1);
    tensors.add(Tensor.ofFloats("0.bias", List.of(3), new float[3]));
    assertRefused(tensors, "missing [0.weight, 3.bias]", "not in the network [0.bias]");
  }

  @Test
  void tensorsOfAnotherShapeOrTypeAreNamed() {
    List<Tensor> transposed = tensors();
    transposed.set(0, Tensor.ofFloats("0.weight", List.of(4, 3), new float[12]));
    assertRefused(transposed, "'0.weight'", "[4, 3]", "[3, 4]");
    List<Tensor> counts = tensors();
    counts.set(2, Tensor.ofLongs("1.bias", List.of(3), new long[3]));
    assertRefused(counts, "'1.bias'", "I64");
  }

  @Test
  void digestIsThatOfTheTensorsBytesInFileOrder() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (ParameterWindow window : layout.windows()) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * window.length()).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = window.offset(); i < window.end(); i++) {
        bytes.putFloat(parameters.values()[i]);
      }
      digest.update(bytes.array());
    }
    assertThat(ModelTensors.sha256(layout, parameters))
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
  }

  @Test
  void digestChangesWithEveryBitOfEveryParameter() {
    Set<String> seen = new HashSet<>();
    seen.add(ModelTensors.sha256(layout, parameters));
    for (int i = 0; i < parameters.length(); i++) {
      ParameterVector changed = parameters.copy();
      changed.values()[i] = Float.intBitsToFloat(Float.floatToRawIntBits(changed.values()[i]) ^ 1);
      seen.add(ModelTensors.sha256(layout, changed));
    }
    ParameterVector negativeZero = parameters.copy();
    negativeZero.values()[0] = -0f;
    seen.add(ModelTensors.sha256(layout, negativeZero));
    negativeZero.values()[0] = 0f;
    seen.add(ModelTensors.sha256(layout, negativeZero));
    assertThat(seen).hasSize(parameters.length() + 3);
    assertThat(ModelTensors.sha256(layout, parameters.copy()))
        .isEqualTo(ModelTensors.sha256(layout, parameters));
  }
}
