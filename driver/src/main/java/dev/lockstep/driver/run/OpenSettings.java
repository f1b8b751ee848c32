package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;

/** What a configuration leaves to the data and the cluster: task, loss and number of shards. */
final class OpenSettings {
  private static final String TASK = "/data/task";
  private static final String SHARDS = "/training/shards";

  private OpenSettings() {}

  /**
   * A configuration to be compared with that of an earlier run before its own data are known: what
   * it leaves open counts as that run has found it.
   *
   * @param given the configuration
   * @param before the earlier run's, with nothing left open
   * @return every setting
   */
  static ObjectNode filled(RunConfiguration given, JsonNode before) {
    RunConfiguration filled = given;
    if (given.data().task() == null) {
      filled = filled.withData(given.data().withTask(task(before)));
    }
    if (given.loss() == null) {
      filled = filled.withLoss(RunSetup.defaultLoss(filled.data().task()));
    }
    if (given.training().shards() == null && before.at(SHARDS).isInt()) {
      filled = filled.withTraining(given.training().withShards(before.at(SHARDS).intValue()));
    }
    return ConfigurationWriter.toTree(filled);
  }

  private static Task task(JsonNode before) {
    boolean classification = before.at(TASK).asText().equals(Task.CLASSIFICATION.key());
    return classification ? Task.CLASSIFICATION : Task.REGRESSION;
  }
}
