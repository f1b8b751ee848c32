package dev.lockstep.driver.container;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An executor as Spark on Kubernetes wants it. What it has to know comes in the environment of its
 * container, JVM options in numbered variables, which keeps options with spaces whole.
 */
final class ExecutorPlan {
  private static final String BACKEND =
      "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend";
  private static final String OPTION = "SPARK_JAVA_OPT_";

  private ExecutorPlan() {}

  /**
   * The process of an executor.
   *
   * @throws ContainerException where a variable is missing, which Spark always sets
   */
  static ProcessPlan of(Image image, Map<String, String> environment) throws ContainerException {
    String memory = required(environment, "SPARK_EXECUTOR_MEMORY");
    List<String> command = new ArrayList<>();
    command.add(image.java().toString());
    command.addAll(options(environment));
    command.add("-Xms" + memory);
    command.add("-Xmx" + memory);
    command.add("-cp");
    command.add(classPath(image, environment));
    command.add(BACKEND);
    argument(command, "--driver-url", required(environment, "SPARK_DRIVER_URL"));
    argument(command, "--executor-id", required(environment, "SPARK_EXECUTOR_ID"));
    argument(command, "--cores", required(environment, "SPARK_EXECUTOR_CORES"));
    argument(command, "--app-id", required(environment, "SPARK_APPLICATION_ID"));
    argument(command, "--hostname", required(environment, "SPARK_EXECUTOR_POD_IP"));
    argument(
        command, "--resourceProfileId", environment.getOrDefault("SPARK_RESOURCE_PROFILE_ID", "0"));
    argument(command, "--podName", required(environment, "SPARK_EXECUTOR_POD_NAME"));
    return new ProcessPlan(command, Map.of());
  }

  /** The JVM options in the order of their numbers, of which some may be missing. */
  private static List<String> options(Map<String, String> environment) {
    TreeMap<Integer, String> numbered = new TreeMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(OPTION)) {
            numbered.put(Integer.parseInt(name.substring(OPTION.length())), value);
          }
        });
    return new ArrayList<>(numbered.values());
  }

  /**
   * Settings of the pod in front of the jars, the image's own (log settings) behind them, as Spark
   * arranges it for drivers.
   */
  private static String classPath(Image image, Map<String, String> environment) {
    List<String> entries = new ArrayList<>();
    add(entries, environment.get("SPARK_CONF_DIR"));
    add(entries, environment.get("HADOOP_CONF_DIR"));
    add(entries, environment.get("SPARK_CLASSPATH"));
    add(entries, image.sparkJars());
    add(entries, environment.get("SPARK_DIST_CLASSPATH"));
    return String.join(File.pathSeparator, entries);
  }

  private static void add(List<String> entries, String entry) {
    if (entry != null && !entry.isEmpty()) {
      entries.add(entry);
    }
  }

  private static void argument(List<String> command, String name, String value) {
    command.add(name);
    command.add(value);
  }

  private static String required(Map<String, String> environment, String name)
      throws ContainerException {
    String value = environment.get(name);
    if (value == null || value.isEmpty()) {
      throw new ContainerException(
          "executor: the variable " + name + " is not set. Spark starts executors itself.");
    }
    return value;
  }
}
