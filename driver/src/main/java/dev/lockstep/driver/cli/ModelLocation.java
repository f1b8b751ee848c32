package dev.lockstep.driver.cli;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.registry.ModelRegistry;
import dev.lockstep.driver.run.ModelFolder;
import dev.lockstep.trainer.model.ModelArtifact;
import org.apache.hadoop.conf.Configuration;

/** What the argument {@code MODEL} of a command may be. */
final class ModelLocation {
  private ModelLocation() {}

  /**
   * Reads the model of a run folder, of a model folder, of a version of a registry, or of the
   * champion of a registry.
   */
  static ModelArtifact read(String location, Configuration hadoop) {
    return ModelFolder.read(ModelRegistry.modelIn(RunFolder.at(location, hadoop)));
  }
}
