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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/**
 * What the challenger's training begins with.
 *
 * @param location a weights file, or null for what the network's initializers draw
 * @param version whose weights these are; null for no version's
 * @param reason in words
 */
record FirstWeights(String location, Integer version, String reason) {
  private static final int MOST_DIFFERENCES = 3;
  private static final Pattern VERSION = Pattern.compile("/v([0-9]{6,9})/[^/]+$");

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

  /**
   * What an earlier attempt at the same run began with. Its configuration may have come without the
   * secrets of a location, so that the version is known by its path; it may be gone meanwhile.
   *
   * @param stored as the earlier attempt wrote it down
   * @param given as it is configured now
   */
  static FirstWeights ofEarlier(
      ModelRegistry registry, NetworkSettings stored, NetworkSettings given) {
    String location = stored.initialWeights();
    if (location == null) {
      return new FirstWeights(null, null, "An earlier attempt began anew.");
    }
    Matcher found = VERSION.matcher(location);
    if (found.find()) {
      int version = Integer.parseInt(found.group(1));
      String weights = weightsOf(registry, version);
      if (location.endsWith(new Path(weights).toUri().getPath())) {
        return new FirstWeights(
            weights,
            version,
            "An earlier attempt began with the weights of " + ModelRegistry.nameOf(version) + ".");
      }
    }
    return new FirstWeights(
        given.initialWeights(), null, "An earlier attempt began with network.initialWeights.");
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
