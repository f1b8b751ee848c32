package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.NetworkSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.registry.Champion;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.trainer.model.ModelArtifact;
import java.util.List;
import java.util.Optional;

/**
 * What the challenger's training begins with.
 *
 * @param location a weights file, or null for what the network's initializers draw
 * @param version whose weights these are; null for no version's
 * @param reason in words
 */
record FirstWeights(String location, Integer version, String reason) {
  private static final int MOST_DIFFERENCES = 3;

  /**
   * The champion's weights, where the network is the same.
   *
   * @param champion the champion with its model; empty in an empty registry
   */
  static FirstWeights of(
      ModelRegistry registry,
      Optional<Champion> champion,
      ModelArtifact model,
      RunPreview preview) {
    String configured = preview.configuration().network().initialWeights();
    if (champion.isEmpty()) {
      return new FirstWeights(
          configured,
          null,
          "There is no champion in " + registry.name() + ": " + begins(configured));
    }
    String name = ModelRegistry.nameOf(champion.get().version());
    List<String> differences = preview.differencesFrom(model);
    if (differences.isEmpty()) {
      return new FirstWeights(
          weightsOf(registry, champion.get().version()),
          champion.get().version(),
          "Training begins with the weights of the champion, " + name + ".");
    }
    int more = differences.size() - MOST_DIFFERENCES;
    return new FirstWeights(
        configured,
        null,
        "The network is not that of the champion, "
            + name
            + " ("
            + String.join(
                "; ", differences.subList(0, Math.min(MOST_DIFFERENCES, differences.size())))
            + (more > 0 ? "; and " + more + " more" : "")
            + "): "
            + begins(configured));
  }

  private static String begins(String configured) {
    return configured == null
        ? "training begins anew."
        : "training begins with network.initialWeights, " + configured + ".";
  }

  /** What an earlier attempt at the same run began with. */
  static FirstWeights ofEarlier(ModelRegistry registry, NetworkSettings network) {
    for (int version : registry.versions()) {
      if (weightsOf(registry, version).equals(network.initialWeights())) {
        return new FirstWeights(
            network.initialWeights(),
            version,
            "An earlier attempt began with the weights of " + ModelRegistry.nameOf(version) + ".");
      }
    }
    return new FirstWeights(
        network.initialWeights(),
        null,
        "An earlier attempt began without the weights of a version that is still there.");
  }

  private static String weightsOf(ModelRegistry registry, int version) {
    return registry.version(version).uri() + "/" + ModelFolder.WEIGHTS;
  }

  /** The configuration that trains from these. */
  RunConfiguration in(RunConfiguration configuration) {
    return configuration.withNetwork(
        new NetworkSettings(configuration.network().layers(), location));
  }

  void write(ObjectNode target) {
    target
        .put("kind", version == null ? "cold" : "warm")
        .put("version", version)
        .put("initialWeights", location)
        .put("reason", reason);
  }
}
