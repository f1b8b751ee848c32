package dev.lockstep.driver.config;

import java.io.Serializable;

/**
 * The {@code registry} block of a run configuration: where retraining publishes its models.
 *
 * @param path folder of the registry, absolute path or URI
 * @param keep how many of the newest versions stay, at least 1; the champion and the version that a
 *     rollback leads to stay in any case
 */
public record RegistrySettings(String path, int keep) implements Serializable {
  /** How many versions stay where the configuration says nothing. */
  public static final int DEFAULT_KEEP = 10;
}
