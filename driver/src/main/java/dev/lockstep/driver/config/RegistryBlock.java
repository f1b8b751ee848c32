package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The {@code registry} block: reads it and writes it. */
final class RegistryBlock {
  private RegistryBlock() {}

  static RegistrySettings read(Block block) {
    RegistrySettings settings =
        new RegistrySettings(
            block.requiredPath("path", "the folder of a model registry"),
            block.count("keep", RegistrySettings.DEFAULT_KEEP));
    block.finish();
    return settings;
  }

  /** Puts every key, in the order of the manual. */
  static void write(RegistrySettings registry, ObjectNode target) {
    target.put("path", registry.path()).put("keep", registry.keep());
  }
}
