package dev.lockstep.driver.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * First weights from a safetensors file, such as one saved from PyTorch. Read where training begins
 * at its start; a run that goes on from a checkpoint needs the file no more.
 *
 * @param location a path or URI
 * @param hadoop where it leads
 */
record WeightsFile(String location, Configuration hadoop) {
  /** The one of a run; empty where its first weights are drawn. */
  static Optional<WeightsFile> of(RunConfiguration run, Configuration hadoop) {
    return Optional.ofNullable(run.network().initialWeights())
        .map(location -> new WeightsFile(location, hadoop));
  }

  /**
   * Fills {@code parameters} from the file.
   *
   * @return steps that had moved the running statistics, per batch-norm layer
   */
  long[] read(Network network, ParameterVector parameters) {
    try {
      return ModelFolder.readWeights(folder(), name(), network, parameters);
    } catch (LockstepException failure) {
      throw named(failure);
    }
  }

  /** SHA-256 of the file's content in hexadecimal. */
  String sha256() {
    try {
      return DigestedFiles.sha256(folder(), name());
    } catch (LockstepException failure) {
      throw named(failure);
    }
  }

  /**
   * Refuses other weights than those that a run began with.
   *
   * @param identity of that run; nothing is known to be other where it does not tell
   * @throws LockstepException of kind usage where the file has other content
   */
  void requireThoseOf(RunIdentity identity) {
    if (identity.initialWeights() != null && !sha256().equals(identity.initialWeights())) {
      throw LockstepException.usage(
          "network.initialWeights: "
              + location
              + " is not what the run began with: its SHA-256 is another one. Restore it, or"
              + " start a new run in another folder.");
    }
  }

  /**
   * The same for a run that needs the file no more: one at the same place is not looked at, and one
   * that is gone is not missed.
   *
   * @throws LockstepException of kind usage where there is another file with other content
   */
  void requireNoOthersThan(RunIdentity identity) {
    JsonNode before = identity.configuration().at("/network/initialWeights");
    if (!before.asText().equals(location) && folder().has(name())) {
      requireThoseOf(identity);
    }
  }

  private RunFolder folder() {
    return RunFolder.at(String.valueOf(new Path(location).getParent()), hadoop);
  }

  private String name() {
    return new Path(location).getName();
  }

  private static LockstepException named(LockstepException failure) {
    return new LockstepException(
        failure.kind(), "network.initialWeights: " + failure.getMessage(), failure);
  }
}
