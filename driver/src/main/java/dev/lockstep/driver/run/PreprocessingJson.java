package dev.lockstep.driver.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code preprocessing.json}: label, classes, name, offset and scale of every feature, and the
 * columns of texts with their levels, which enter as an index, or one-hot from {@code firstFeature}
 * on.
 */
final class PreprocessingJson {
  /** Nothing in the file is nested half as deep. */
  private static final int DEEPEST = 10;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
              .build());

  private PreprocessingJson() {}

  /** Indented JSON, ending in a newline. */
  static String write(Preprocessing preprocessing) {
    ObjectNode root = JSON.createObjectNode();
    root.put("label", preprocessing.labelName());
    ArrayNode classes = root.putArray("classLabels");
    preprocessing.classLabels().forEach(classes::add);
    root.put("normalization", preprocessing.normalization());
    ArrayNode features = root.putArray("features");
    double[] offset = preprocessing.offset();
    double[] scale = preprocessing.scale();
    for (int j = 0; j < offset.length; j++) {
      features
          .addObject()
          .put("name", preprocessing.featureNames().get(j))
          .put("offset", offset[j])
          .put("scale", scale[j]);
    }
    ArrayNode categorical = root.putArray("categorical");
    for (CategoricalColumn column : preprocessing.categorical()) {
      ArrayNode levels =
          categorical
              .addObject()
              .put("column", column.name())
              .put("firstFeature", column.firstFeature())
              .put("indexed", column.indexed())
              .putArray("levels");
      column.levels().forEach(levels::add);
    }
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param source the file's name, for messages
   * @throws LockstepException of kind data where the text is something else
   */
  static Preprocessing read(String text, String source) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException malformed) {
      throw LockstepException.data(
          source + " cannot be read as JSON: " + malformed.getOriginalMessage() + ".");
    }
    JsonNode features = root.path("features");
    List<String> names = new ArrayList<>();
    double[] offset = new double[features.size()];
    double[] scale = new double[features.size()];
    for (JsonNode feature : features) {
      JsonNode name = feature.path("name");
      JsonNode offsetNode = feature.path("offset");
      JsonNode scaleNode = feature.path("scale");
      double featureOffset = offsetNode.isNumber() ? offsetNode.asDouble() : Double.NaN;
      double featureScale = scaleNode.isNumber() ? scaleNode.asDouble() : Double.NaN;
      if (!name.isTextual() || !Double.isFinite(featureOffset) || !Double.isFinite(featureScale)) {
        throw LockstepException.data(
            source
                + ": features["
                + names.size()
                + "] needs a text name and the finite numbers offset and scale.");
      }
      offset[names.size()] = featureOffset;
      scale[names.size()] = featureScale;
      names.add(name.asText());
    }
    JsonNode label = root.path("label");
    JsonNode normalization = root.path("normalization");
    if (names.isEmpty()
        || !label.isTextual()
        || !normalization.isTextual()
        || !root.path("classLabels").isArray()) {
      throw LockstepException.data(
          source + " needs label, classLabels, normalization and at least one feature.");
    }
    List<String> classes = new ArrayList<>();
    root.path("classLabels").forEach(entry -> classes.add(entry.asText()));
    try {
      return new Preprocessing(
          names,
          categorical(root.path("categorical")),
          label.asText(),
          classes,
          normalization.asText(),
          offset,
          scale);
    } catch (IllegalArgumentException impossible) {
      throw LockstepException.data(source + ": " + impossible.getMessage() + ".");
    }
  }

  /** None where the key is absent, as in models of numbers only. */
  private static List<CategoricalColumn> categorical(JsonNode list) {
    List<CategoricalColumn> columns = new ArrayList<>();
    for (JsonNode column : list) {
      List<String> levels = new ArrayList<>();
      column.path("levels").forEach(level -> levels.add(level.asText()));
      columns.add(
          new CategoricalColumn(
              column.path("column").asText(),
              column.path("firstFeature").asInt(-1),
              column.path("indexed").asBoolean(),
              levels));
    }
    return columns;
  }
}
