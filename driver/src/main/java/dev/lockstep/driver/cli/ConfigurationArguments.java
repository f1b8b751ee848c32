package dev.lockstep.driver.cli;

import dev.lockstep.driver.config.RunConfiguration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How every command that works on a configured run is told the configuration. */
final class ConfigurationArguments {
  @Parameters(paramLabel = "CONFIG", description = "Run configuration, YAML or JSON.")
  private String location;

  @Option(
      names = "--set",
      paramLabel = "KEY.PATH=VALUE",
      description = "Overrides a value of the configuration; may be repeated.")
  private List<String> overrides = List.of();

  /**
   * Reads the configuration.
   *
   * @param common whose settings may be needed to reach it
   */
  RunConfiguration read(CommonOptions common) {
    return read(common, List.of());
  }

  /** As above, with more settings, of the form of those of {@code --set}. */
  RunConfiguration read(CommonOptions common, List<String> more) {
    List<String> all = new ArrayList<>(overrides);
    all.addAll(more);
    return ConfigurationFile.read(location, all, common);
  }
}
