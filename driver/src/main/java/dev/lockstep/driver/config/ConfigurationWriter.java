package dev.lockstep.driver.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.lockstep.driver.secret.Redaction;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * Writes a resolved configuration, every default included, as YAML that {@link ConfigurationReader}
 * reads back to an equal configuration. What is left to be decided by the data or the cluster is
 * written as {@code null}; a block of another command, such as {@code tuning}, only where there is
 * one.
 *
 * <p>No secret is ever written. For the value of an environment variable whose name looks like a
 * secret ({@code *PASSWORD}, {@code *SECRET}, {@code *TOKEN}, {@code *KEY}) the reference <code>
 * ${NAME}</code> stands wherever it occurs in a text of the user's own: a name, a path, an option.
 * For a secret that was written out, the value of a key that {@link Redaction} takes for one or a
 * password in a URI, stands <code>
 * ${LOCKSTEP_SECRET_DATA_OPTIONS_PASSWORD}</code> with the path of its place; a comment at the top
 * names these variables. Reading the file again takes all of them from the environment, and fails
 * where one is missing. Two configurations that differ in such secrets alone are written alike.
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
      String yaml = YAML.writeValueAsString(toTree(resolved, environment));
      List<String> leftOut = Secrets.leftOut(yaml);
      return leftOut.isEmpty()
          ? yaml
          : "# Secrets were left out. To use this file, set "
              + String.join(", ", leftOut)
              + " in the environment.\n"
              + yaml;
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
    if (resolved.registry() != null) {
      RegistryBlock.write(resolved.registry(), root.putObject("registry"));
    }
    if (resolved.retraining() != null) {
      RetrainingBlock.write(resolved.retraining(), root.putObject("retraining"));
    }
    conceal("", root, false, new Secrets(environment, Redaction.ofProcess()));
    if (resolved.tuning() != null) {
      // Holds no secret: known ones are refused there, and references to the environment are kept.
      TuningBlock.write(resolved.tuning(), root.putObject("tuning"));
    }
    return root;
  }

  private static void conceal(String path, JsonNode node, boolean secret, Secrets secrets) {
    if (node instanceof ObjectNode block) {
      block
          .fieldNames()
          .forEachRemaining(
              key ->
                  block.set(
                      key,
                      concealed(
                          path.isEmpty() ? key : path + "." + key,
                          block.get(key),
                          secret || secrets.isSecretKey(key),
                          secrets)));
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, concealed(path + "[" + i + "]", list.get(i), secret, secrets));
      }
    }
  }

  private static JsonNode concealed(String path, JsonNode node, boolean secret, Secrets secrets) {
    if (node.isTextual()) {
      return TextNode.valueOf(secrets.conceal(path, node.textValue(), secret));
    }
    conceal(path, node, secret, secrets);
    return node;
  }
}
