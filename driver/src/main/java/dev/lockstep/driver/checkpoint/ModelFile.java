package dev.lockstep.driver.checkpoint;

import dev.lockstep.trainer.parameter.ParameterVector;

/** All parameters of a network and how often its running statistics were moved, as read. */
final class ModelFile {
  private final ParameterVector parameters;
  private final long[] batchesTracked;

  ModelFile(ParameterVector parameters, long[] batchesTracked) {
    this.parameters = parameters;
    this.batchesTracked = batchesTracked;
  }

  ParameterVector parameters() {
    return parameters;
  }

  /** Per batch-norm layer. */
  long[] batchesTracked() {
    return batchesTracked;
  }
}
