package dev.lockstep.driver.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.CheckpointSettings;
import dev.lockstep.driver.folder.StrictJson;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Which run a checkpoint belongs to: what must be the same for the run to continue.
 *
 * @param configuration the resolved configuration; taken over as it reads back from JSON, so that a
 *     fresh one and a stored one are equal when they say the same
 * @param dataFingerprint identifies the data
 * @param versions of Lockstep and of what else matters, by name
 * @param blas the linear algebra library that computed
 * @param initialWeights SHA-256 of the file that the first weights came from, in hexadecimal; null
 *     where they were drawn, or where it is not known
 */
public record RunIdentity(
    ObjectNode configuration,
    String dataFingerprint,
    Map<String, String> versions,
    String blas,
    String initialWeights) {
  /** Takes copies; keeps the order of {@code versions}. */
  public RunIdentity {
    configuration = StrictJson.normalized(configuration);
    Objects.requireNonNull(dataFingerprint, "dataFingerprint");
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
    Objects.requireNonNull(blas, "blas");
  }

  /** Of a run whose first weights were drawn, or from a file that has not been looked at. */
  public RunIdentity(
      ObjectNode configuration, String dataFingerprint, Map<String, String> versions, String blas) {
    this(configuration, dataFingerprint, versions, blas, null);
  }

  /** The same with the SHA-256 of the file that the first weights came from, or null. */
  public RunIdentity withInitialWeights(String sha256) {
    return new RunIdentity(configuration, dataFingerprint, versions, blas, sha256);
  }

  /** Whether a checkpoint was due after so many steps, as {@code training.checkpoint} says. */
  boolean wasDue(long step) {
    JsonNode everySteps = configuration.at("/training/checkpoint/everySteps");
    return new CheckpointSettings(everySteps.asInt(0), 1).isDue(step);
  }

  /** {@code training.shards}, where the configuration names it. */
  public OptionalInt shards() {
    JsonNode shards = configuration.path("training").path("shards");
    return shards.isIntegralNumber() && shards.canConvertToInt() && shards.intValue() > 0
        ? OptionalInt.of(shards.intValue())
        : OptionalInt.empty();
  }
}
