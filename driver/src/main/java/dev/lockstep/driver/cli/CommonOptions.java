package dev.lockstep.driver.cli;

import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.driver.telemetry.JsonOutput;
import dev.lockstep.driver.telemetry.LogFormat;
import dev.lockstep.trainer.error.LockstepException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Option;

/** Options of every command that starts Spark. */
final class CommonOptions {
  @Option(
      names = "--master",
      paramLabel = "URL",
      description = "Spark master: local[N], spark://…, yarn, k8s://… (default: local[*]).")
  String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "Spark setting; may be repeated.")
  List<String> conf = List.of();

  @Option(names = "--quiet", description = "Only the result and errors.")
  boolean quiet;

  @Option(names = "--no-progress", description = "Messages, but no progress.")
  boolean noProgress;

  /** Starts Spark as the options say. */
  SparkSession startSpark(String name) {
    Map<String, String> settings = settings(conf);
    if (System.err instanceof JsonOutput) {
      settings.putIfAbsent(LogFormat.OF_EXECUTORS, LogFormat.json.name());
    }
    return SparkStart.start("lockstep " + name, master, settings);
  }

  /** What {@code --conf} says. */
  static Map<String, String> settings(List<String> conf) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String setting : conf) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        // A value without a key is not shown: it may be a secret, and nobody could tell.
        String shown = equals == 0 ? "=…" : setting;
        throw LockstepException.usage("--conf: '" + shown + "' is not of the form KEY=VALUE.");
      }
      settings.put(setting.substring(0, equals).trim(), setting.substring(equals + 1).trim());
    }
    return settings;
  }
}
