package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.SparkStart;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;

/** Options of commands that reach file systems without starting Spark. */
final class FileSystemOptions {
  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "Spark setting, of use if it begins with spark.hadoop.; may be repeated.")
  private List<String> conf = List.of();

  /** Hadoop's settings, as a command that starts Spark would have them. */
  Configuration hadoop() {
    return SparkStart.hadoop(CommonOptions.settings(conf));
  }
}
