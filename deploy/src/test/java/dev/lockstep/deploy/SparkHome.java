package dev.lockstep.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What users name with {@code SPARK_HOME}: Spark's jars and a {@code bin/spark-submit} that, like
 * Spark's own, lets Spark's launcher library make the command line and then becomes that.
 */
final class SparkHome {
  private static final String SUBMIT =
      """
      #!/usr/bin/env bash
      set -euo pipefail
      export SPARK_HOME=$(cd "$(dirname "$0")/.." && pwd) SPARK_SCALA_VERSION=%s
      export SPARK_LOCAL_IP=127.0.0.1
      command=()
      while IFS= read -r -d '' part; do
        command+=("$part")
      done < <("$JAVA_HOME/bin/java" -Xmx128m -cp "$SPARK_HOME/jars/*" \\
        org.apache.spark.launcher.Main org.apache.spark.deploy.SparkSubmit "$@")
      # The library writes a line with a NUL before the command.
      exec "${command[1]#$'\\n'}" "${command[@]:2}"
      """;

  private SparkHome() {}

  /**
   * Makes one.
   *
   * @param home the folder to make
   * @param jars Spark's jars, which stay where they are
   * @param scala the line of Scala that they were compiled for, such as 2.13
   * @return {@code home}
   */
  static Path make(Path home, Path jars, String scala) throws IOException {
    Files.createDirectories(home.resolve("bin"));
    Files.createSymbolicLink(home.resolve("jars"), jars);
    Path submit = home.resolve("bin/spark-submit");
    Files.writeString(submit, SUBMIT.formatted(scala));
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }
}
