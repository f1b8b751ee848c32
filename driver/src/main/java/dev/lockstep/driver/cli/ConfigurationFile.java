package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import org.apache.hadoop.fs.Path;

/** Reads a configuration from wherever the command line points: a local path, or any Hadoop URI. */
final class ConfigurationFile {
  private ConfigurationFile() {}

  static RunConfiguration read(String location, List<String> overrides, CommonOptions common) {
    if (!location.matches("[A-Za-z][A-Za-z0-9+.-]+://?.*") || location.startsWith("file:")) {
      return ConfigurationReader.read(location, overrides, System.getenv());
    }
    Path path = new Path(location);
    if (path.getParent() == null) {
      throw LockstepException.usage(location + " is no file.");
    }
    String folder = path.getParent().toString();
    String text =
        RunFolder.at(folder, SparkStart.hadoop(CommonOptions.settings(common.conf)))
            .readText(path.getName(), ConfigurationReader.MAX_SIZE);
    return ConfigurationReader.read(text, location, folder, overrides, System.getenv());
  }
}
