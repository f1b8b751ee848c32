package dev.lockstep.driver.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtException;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.LayerSpec.Tanh;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX files give the answers of the models they were made from. */
final class OnnxModelTest {
  private static final int FEATURES = 7;
  private static final List<String> LABELS = List.of("ant", "bee, \"or\" wasp", "Kätzchen");

  private static Dense dense(int units) {
    return new Dense(units, Dense.DEFAULT_INITIALIZER, null);
  }

  private static List<LayerSpec> layers(int outputs) {
    return List.of(
        dense(9),
        new BatchNorm(),
        new Relu(),
        new Dropout(0.7),
        dense(5),
        new Tanh(),
        dense(outputs));
  }

  private static ModelArtifact classifier() {
    return ModelSamples.model(
        Shape.vector(FEATURES), layers(3), new LossSpec.SoftmaxCrossEntropy(), LABELS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 257})
  void classesGetTheirProbabilities(int rows) throws OrtException, IOException {
    ModelSamples.assertAgrees(classifier(), rows);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 257})
  void oneLogitGivesTwoProbabilities(int rows) throws OrtException, IOException {
    ModelSamples.assertAgrees(
        ModelSamples.model(
            Shape.vector(FEATURES),
            layers(1),
            new LossSpec.SigmoidCrossEntropy(),
            List.of("no", "yes")),
        rows);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 257})
  void regressionGivesTheValue(int rows) throws OrtException, IOException {
    for (LossSpec loss : List.of(new LossSpec.MeanSquaredError(), new LossSpec.Huber(1.0))) {
      ModelSamples.assertAgrees(
          ModelSamples.model(Shape.vector(FEATURES), layers(1), loss, List.of()), rows);
    }
  }

  /** Float32 arithmetic would lose the difference of 3 to 16,777,216 that normalization leaves. */
  @Test
  void normalizationIsComputedInFloat64() throws OrtException, IOException {
    ModelArtifact model =
        new ModelArtifact(
            new Network(List.of(dense(1)), Shape.vector(1)),
            new LossSpec.MeanSquaredError(),
            new ParameterVector(new float[] {1f, 0f}),
            new long[0],
            new Preprocessing(
                List.of("x"),
                "y",
                List.of(),
                "standard",
                new double[] {16_777_216.25},
                new double[] {1 / 3.0}));
    try (OnnxSession session = new OnnxSession(ModelSamples.file(model))) {
      float[][] values = session.run(new float[] {16_777_218f, 16_777_216f}, 2).values();
      assertThat(values[0][0]).isEqualTo((float) (1.75 / 3.0));
      assertThat(values[1][0]).isEqualTo((float) (-0.25 / 3.0));
    }
  }

  @Test
  void featuresThatAreNotNormalizedGoStraightIn() throws IOException {
    ModelArtifact model =
        new ModelArtifact(
            new Network(List.of(dense(1)), Shape.vector(2)),
            new LossSpec.MeanSquaredError(),
            new ParameterVector(new float[3]),
            new long[0],
            new Preprocessing(
                List.of("a", "b"), "y", List.of(), "none", new double[2], new double[] {1, 1}));
    assertThat(ModelProto.parseFrom(ModelSamples.file(model)).getGraph().getNodeList())
        .map(NodeProto::getOpType)
        .isEqualTo(List.of("Gemm", "Identity"));
  }

  @Test
  void theMetadataTellHowToUseTheFile() throws OrtException, IOException {
    try (OnnxSession session = new OnnxSession(ModelSamples.file(classifier()))) {
      assertThat(session.metadata())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "task", "classification",
                  "labelName", "target",
                  "classLabels", "[\"ant\",\"bee, \\\"or\\\" wasp\",\"Kätzchen\"]",
                  "featureNames", "[\"f0\",\"f1\",\"f2\",\"f3\",\"f4\",\"f5\",\"f6\"]",
                  "loss", "softmaxCrossEntropy",
                  "lockstepVersion", "1.2.3"));
      assertThat(session.sizes("features")).containsExactly(-1, FEATURES);
      assertThat(session.sizes("probabilities")).containsExactly(-1, LABELS.size());
      assertThat(session.sizes("label")).containsExactly(-1);
    }
  }

  @Test
  void theMetadataTellWhichTextAnIndexStandsFor() throws OrtException, IOException {
    List<LayerSpec> layers =
        List.of(new LayerSpec.Embedding(2, List.of(new LayerSpec.Embedding.Table(1, 3))), dense(1));
    Network network = new Network(layers, Shape.vector(2));
    Preprocessing preprocessing =
        new Preprocessing(
            List.of("size", "city"),
            List.of(new CategoricalColumn("city", 1, true, List.of("Bern, CH", "Oslo", "\"R\""))),
            "price",
            List.of(),
            "none",
            new double[2],
            new double[] {1, 1});
    ModelArtifact model =
        new ModelArtifact(
            network,
            new LossSpec.MeanSquaredError(),
            network.initialParameters(1),
            new long[0],
            preprocessing);
    try (OnnxSession session = new OnnxSession(ModelSamples.file(model))) {
      assertThat(session.metadata())
          .containsEntry("featureNames", "[\"size\",\"city\"]")
          .containsEntry("levels", "{\"city\":[\"Bern, CH\",\"Oslo\",\"\\\"R\\\"\"]}");
    }
  }

  @Test
  void theFileSaysWhatReadersMustKnow() throws IOException {
    ModelProto file = ModelProto.parseFrom(ModelSamples.file(classifier()));
    assertThat(file.getIrVersion()).isEqualTo(8);
    assertThat(file.getOpsetImportList()).hasSize(1);
    assertThat(file.getOpsetImport(0).getDomain()).isEmpty();
    assertThat(file.getOpsetImport(0).getVersion()).isEqualTo(17);
    assertThat(file.getProducerName()).isEqualTo("lockstep");
    assertThat(file.getProducerVersion()).isEqualTo("1.2.3");
    assertThat(file.getGraph().getInput(0).getType().getTensorType().getShape().getDim(0))
        .satisfies(batch -> assertThat(batch.getDimParam()).isEqualTo("batch"));
  }

  @Test
  void tensorsAreThoseOfTheSafetensorsFile() throws IOException {
    ModelArtifact model = classifier();
    Map<String, TensorProto> found =
        ModelProto.parseFrom(ModelSamples.file(model)).getGraph().getInitializerList().stream()
            .collect(Collectors.toMap(TensorProto::getName, tensor -> tensor));
    for (Tensor tensor :
        ModelTensors.of(model.network().layout(), model.parameters(), model.batchesTracked())) {
      if (tensor.floats() == null) {
        continue;
      }
      TensorProto twin = found.remove(tensor.name());
      assertThat(twin.getDimsList()).map(Long::intValue).isEqualTo(tensor.shape());
      float[] elements = new float[tensor.floats().length];
      twin.getRawData()
          .asReadOnlyByteBuffer()
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(elements);
      assertThat(elements).isEqualTo(tensor.floats());
    }
    assertThat(found.keySet())
        .containsExactlyInAnyOrder("preprocessing.offset", "preprocessing.scale");
  }

  @Test
  void theSameModelGivesTheSameBytes() throws IOException {
    assertThat(ModelSamples.file(classifier())).isEqualTo(ModelSamples.file(classifier()));
  }

  /** The parameters of such a model would fill the memory of the test, so it has none. */
  private static ModelArtifact withoutParameters(int units) {
    int features = 20_000;
    return new ModelArtifact(
        new Network(List.of(dense(units), dense(1)), Shape.vector(features)),
        new LossSpec.MeanSquaredError(),
        new ParameterVector(new float[0]),
        new long[0],
        new Preprocessing(
            ModelSamples.names(features),
            "y",
            List.of(),
            "none",
            new double[features],
            new double[features]));
  }

  @Test
  void aModelOfTwoGigabytesIsTooLarge() {
    assertThat(OnnxModel.obstacle(withoutParameters(26_800))).isEmpty();
    ModelArtifact tooLarge = withoutParameters(26_850);
    assertThat(OnnxModel.obstacle(tooLarge))
        .hasValueSatisfying(sentence -> assertThat(sentence).contains("2,147,483,647", "2,149,"));
    assertThatThrownBy(() -> OnnxModel.write(tooLarge, "1", OutputStream.nullOutputStream()))
        .isInstanceOfSatisfying(
            LockstepException.class,
            failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.RESOURCE))
        .hasMessageContaining("2,147,483,647");
  }

  /** What is estimated before writing is never less than what is written. */
  @Test
  void theEstimateCoversTheFile() throws IOException {
    ModelArtifact model = classifier();
    assertThat((long) ModelSamples.file(model).length).isLessThan(OnnxModel.bytesAtMost(model));
  }
}
