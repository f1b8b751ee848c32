package dev.lockstep.driver.export;

import static dev.lockstep.driver.export.OnnxGraph.attribute;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.Version;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.driver.export.Flow.Order;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Preprocessing;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A model as an ONNX file: raw features in, answers out, nothing left for the caller to prepare.
 *
 * <pre>
 *   in   features       float32 [batch, features]  raw values in the order of the metadata's featureNames;
 *                                                  of images [height, width, channels], channels fastest
 *   out  probabilities  float32 [batch, classes]   classification
 *        label          int64   [batch]            classification: the likeliest class, an index into classLabels
 *        prediction     float32 [batch, 1]         regression
 * </pre>
 *
 * Features are normalized in float64 and rounded to float32, as {@link Preprocessing} does. The
 * metadata hold {@code classLabels} and {@code featureNames} (JSON lists), {@code labelName},
 * {@code loss}, {@code task} and {@code lockstepVersion}; where columns of texts go to an embedding
 * layer, also {@code levels}: a JSON object that has for each such feature the list of its texts,
 * whose index is the feature's value; -1 stands for an empty cell and any other text. The same
 * model always gives the same bytes. Operator set 17, IR version 8: ONNX Runtime 1.12 and newer run
 * it. Source: the ONNX operator schemas and {@code onnx.proto}.
 */
public final class OnnxModel {
  private static final int OPERATOR_SET = 17;
  private static final String FEATURES = "features";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** No protobuf message can be longer, and ONNX readers hold the whole file as one. */
  private static final long MAX_BYTES = Integer.MAX_VALUE;

  /** Room for the nodes of one layer, names and attributes included. */
  private static final long BYTES_PER_LAYER = 1 << 14;

  /** The most bytes that UTF-8 takes for one character of a Java text. */
  private static final long BYTES_PER_CHARACTER = 3;

  private OnnxModel() {}

  /**
   * Why {@code model} cannot be one ONNX file: a sentence, or nothing where it can. Looks at sizes
   * only, never at the parameters' values.
   */
  public static Optional<String> obstacle(ModelArtifact model) {
    long bytes = bytesAtMost(model);
    if (bytes <= MAX_BYTES) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "an ONNX file holds at most %,d bytes, and this model needs about %,d.",
            MAX_BYTES,
            bytes));
  }

  /** No file of {@code model} is longer than this. */
  static long bytesAtMost(ModelArtifact model) {
    long bytes =
        (long) Float.BYTES * model.network().layout().length()
            + 2L * Double.BYTES * model.preprocessing().featureCount()
            + BYTES_PER_LAYER * (model.network().specs().size() + 2);
    for (String text : metadata(model, "").values()) {
      bytes += BYTES_PER_CHARACTER * text.length();
    }
    return bytes;
  }

  /**
   * Writes {@code model}; the stream is flushed and left open.
   *
   * @param lockstepVersion goes into the file as its producer's version
   * @throws LockstepException of kind resource where there is an {@link #obstacle}
   */
  public static void write(ModelArtifact model, String lockstepVersion, OutputStream output)
      throws IOException {
    Optional<String> obstacle = obstacle(model);
    if (obstacle.isPresent()) {
      throw new LockstepException(
          ErrorKind.RESOURCE, "The model cannot be exported: " + obstacle.get());
    }
    OnnxGraph graph = new OnnxGraph(model.network().layout(), model.parameters());
    addAnswers(graph, model, addLayers(graph, model, addPreprocessing(graph, model)));
    ModelProto.Builder file =
        ModelProto.newBuilder()
            .setIrVersion(Version.IR_VERSION_2021_7_30.getNumber())
            .setProducerName("lockstep")
            .setProducerVersion(lockstepVersion)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATOR_SET))
            .setGraph(graph.build("lockstep"));
    metadata(model, lockstepVersion)
        .forEach(
            (key, value) ->
                file.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    file.build().writeTo(output);
    output.flush();
  }

  private static Map<String, String> metadata(ModelArtifact model, String lockstepVersion) {
    Preprocessing preprocessing = model.preprocessing();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("task", preprocessing.isClassification() ? "classification" : "regression");
    metadata.put("labelName", preprocessing.labelName());
    if (preprocessing.isClassification()) {
      metadata.put("classLabels", json(preprocessing.classLabels()));
    }
    metadata.put("featureNames", json(preprocessing.featureNames()));
    Map<String, List<String>> levels = new LinkedHashMap<>();
    for (CategoricalColumn column : preprocessing.categorical()) {
      if (column.indexed()) {
        levels.put(column.name(), column.levels());
      }
    }
    if (!levels.isEmpty()) {
      metadata.put("levels", json(levels));
    }
    metadata.put("loss", model.loss().kind());
    metadata.put("lockstepVersion", lockstepVersion);
    return metadata;
  }

  private static String json(Object textsOrLists) {
    try {
      return JSON.writeValueAsString(textsOrLists);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** {@code (float) ((x - offset) * scale)}, where it changes anything. */
  private static Flow addPreprocessing(OnnxGraph graph, ModelArtifact model) {
    Preprocessing preprocessing = model.preprocessing();
    String features =
        graph.input(
            FEATURES,
            preprocessing.featureCount(),
            "Raw features in the order of the metadata's featureNames; images row by row, channels fastest.");
    if (!isIdentity(preprocessing)) {
      String wide =
          graph.node(
              "preprocessing.wide",
              "Cast",
              List.of(features),
              attribute("to", DataType.DOUBLE.getNumber()));
      String centered =
          graph.node(
              "preprocessing.centered",
              "Sub",
              List.of(wide, graph.doubles("preprocessing.offset", preprocessing.offset())));
      String scaled =
          graph.node(
              "preprocessing.scaled",
              "Mul",
              List.of(centered, graph.doubles("preprocessing.scale", preprocessing.scale())));
      features =
          graph.node(
              "preprocessing",
              "Cast",
              List.of(scaled),
              attribute("to", DataType.FLOAT.getNumber()));
    }
    return new Flow(features, model.network().inputShape(), Order.ROWS);
  }

  private static boolean isIdentity(Preprocessing preprocessing) {
    for (double offset : preprocessing.offset()) {
      if (offset != 0.0) {
        return false;
      }
    }
    for (double scale : preprocessing.scale()) {
      if (scale != 1.0) {
        return false;
      }
    }
    return true;
  }

  private static Flow addLayers(OnnxGraph graph, ModelArtifact model, Flow input) {
    List<LayerSpec> specs = model.network().specs();
    Flow flow = input;
    for (int index = 0; index < specs.size(); index++) {
      flow = LayerNodes.add(graph, Integer.toString(index), specs.get(index), flow);
      if (!flow.shape().equals(model.network().layers().get(index).outputShape())) {
        throw new IllegalStateException(
            "layer " + index + " gives " + flow.shape() + " in the graph only");
      }
    }
    return LayerNodes.asRows(graph, "outputs", flow);
  }

  private static void addAnswers(OnnxGraph graph, ModelArtifact model, Flow outputs) {
    int answers = model.boundLoss().answers();
    if (!model.preprocessing().isClassification()) {
      String prediction = graph.node("prediction", "Identity", List.of(outputs.value()));
      graph.output(prediction, DataType.FLOAT, "The predicted value.", answers);
      return;
    }
    String probabilities =
        model.loss() instanceof LossSpec.SigmoidCrossEntropy
            ? addTwoProbabilities(graph, outputs.value())
            : graph.node(
                "probabilities", "Softmax", List.of(outputs.value()), attribute("axis", 1));
    String label =
        graph.node(
            "label",
            "ArgMax",
            List.of(probabilities),
            attribute("axis", 1),
            attribute("keepdims", 0));
    graph.output(probabilities, DataType.FLOAT, "Probability of each class.", answers);
    graph.output(
        label, DataType.INT64, "The likeliest class, an index into the metadata's classLabels.");
  }

  /** sigmoid(-z) and sigmoid(z), each by itself: a small one keeps all its digits. */
  private static String addTwoProbabilities(OnnxGraph graph, String logit) {
    String negative = graph.node("probabilities.negative", "Neg", List.of(logit));
    String first = graph.node("probabilities.first", "Sigmoid", List.of(negative));
    String second = graph.node("probabilities.second", "Sigmoid", List.of(logit));
    return graph.node("probabilities", "Concat", List.of(first, second), attribute("axis", 1));
  }
}
