package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * Writes a resolved configuration, every default included, as YAML that {@link ConfigurationReader}
 * reads back to an equal configuration. What is left to be decided by the data or the cluster is
 * written as {@code null}; a block of another command, such as {@code tuning}, only where there is
 * one.
 *
 * <p>The value of an environment variable whose name looks like a secret ({@code *PASSWORD}, {@code
 * *SECRET}, {@code *TOKEN}, {@code *KEY}) is never written: wherever it occurs in a text, the
 * reference <code>${NAME}</code> stands instead, and reading the file again takes it from the
 * environment. Values of fewer than four characters are not looked for.
 */
public final class ConfigurationWriter {
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .stringQuotingChecker(new Quoting())
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
              .build());

  private ConfigurationWriter() {}

  /** As {@link #toYaml(RunConfiguration, Map)}, with the secrets of this process's environment. */
  public static String toYaml(RunConfiguration resolved) {
    return toYaml(resolved, System.getenv());
  }

  /**
   * The configuration as YAML.
   *
   * @param resolved what to write
   * @param environment where secrets are looked up
   */
  public static String toYaml(RunConfiguration resolved, Map<String, String> environment) {
    try {
      return YAML.writeValueAsString(toTree(resolved, environment));
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException("writing to memory", impossible);
    }
  }

  /** What {@link #toYaml(RunConfiguration)} writes, as a tree. */
  public static ObjectNode toTree(RunConfiguration resolved) {
    return toTree(resolved, System.getenv());
  }

  private static ObjectNode toTree(RunConfiguration resolved, Map<String, String> environment) {
    ObjectNode root = YAML.createObjectNode();
    root.put("name", resolved.name());
    DataBlock.write(resolved.data(), root.putObject("data"));
    NetworkBlock.write(resolved.network(), root.putObject("network"));
    root.set("loss", resolved.loss() == null ? null : LossKinds.TABLE.write(resolved.loss()));
    root.putObject("regularization")
        .put("l1", resolved.regularization().l1())
        .put("l2", resolved.regularization().l2());
    root.set("optimizer", OptimizerKinds.TABLE.write(resolved.optimizer()));
    root.set("schedule", ScheduleKinds.TABLE.write(resolved.schedule()));
    TrainingBlock.write(resolved.training(), root.putObject("training"));
    conceal(root, new Secrets(environment));
    if (resolved.tuning() != null) {
      // Holds no secret: it keeps references to the environment as they are.
      TuningBlock.write(resolved.tuning(), root.putObject("tuning"));
    }
    return root;
  }

  private static void conceal(JsonNode node, Secrets secrets) {
    if (node instanceof ObjectNode block) {
      block
          .fieldNames()
          .forEachRemaining(key -> block.set(key, concealed(block.get(key), secrets)));
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, concealed(list.get(i), secrets));
      }
    }
  }

  private static JsonNode concealed(JsonNode node, Secrets secrets) {
    if (node.isTextual()) {
      return TextNode.valueOf(secrets.conceal(node.textValue()));
    }
    conceal(node, secrets);
    return node;
  }
}
