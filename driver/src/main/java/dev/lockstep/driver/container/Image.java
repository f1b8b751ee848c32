package dev.lockstep.driver.container;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where things are in the image.
 *
 * @param java the launcher of the Java that runs this
 * @param spark the folder of Spark, which has a folder of libraries
 * @param jar the application
 */
record Image(Path java, Path spark, Path jar) {
  private static final String DEFAULT_SPARK = "/opt/lockstep/spark";

  /**
   * The image around this JVM.
   *
   * @param environment of the process; {@code SPARK_HOME} names Spark's folder
   */
  static Image around(Map<String, String> environment) {
    try {
      return new Image(
          Path.of(System.getProperty("java.home"), "bin", "java"),
          Path.of(environment.getOrDefault("SPARK_HOME", DEFAULT_SPARK)),
          Path.of(Image.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** The settings of a log whose lines are JSON. */
  Path jsonLog() {
    return jar.resolveSibling("../conf/log4j2-json.properties").normalize();
  }

  /** All of Spark's jars, as an entry of a class path. */
  String sparkJars() {
    return spark.resolve("jars") + "/*";
  }
}
