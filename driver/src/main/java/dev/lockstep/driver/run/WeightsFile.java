package dev.lockstep.driver.run;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** First weights from a safetensors file, such as one saved from PyTorch. */
final class WeightsFile {
  private WeightsFile() {}

  /**
   * Fills {@code parameters} from the file at {@code location}, a path or URI.
   *
   * @return steps that had moved the running statistics, per batch-norm layer
   */
  static long[] read(
      String location, Configuration hadoop, Network network, ParameterVector parameters) {
    try {
      Path path = new Path(location);
      RunFolder folder = RunFolder.at(String.valueOf(path.getParent()), hadoop);
      return ModelFolder.readWeights(folder, path.getName(), network, parameters);
    } catch (LockstepException failure) {
      throw new LockstepException(
          failure.kind(), "network.initialWeights: " + failure.getMessage(), failure);
    }
  }
}
