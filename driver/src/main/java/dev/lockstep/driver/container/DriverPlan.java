package dev.lockstep.driver.container;

import dev.lockstep.driver.cli.Main;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A driver, started the way {@code spark-submit} starts one on its own machine: Spark's launcher is
 * asked for the command, since it knows which settings (memory, JVM options, class path) must be
 * options of the JVM, and where they may come from.
 */
final class DriverPlan {
  private static final String LAUNCHER = "org.apache.spark.launcher.Main";
  private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  private static final String ADDRESS = "SPARK_DRIVER_BIND_ADDRESS";
  private static final int SHELL_OFFSET = 128;
  private static final String POD = "SPARK_DRIVER_POD_NAME";

  private DriverPlan() {}

  /**
   * What {@code spark-submit} gets for a driver that Spark itself has sent here.
   *
   * @param arguments what follows {@code driver}
   * @throws ContainerException where the variable with the driver's address is missing
   */
  static List<String> sentBySpark(List<String> arguments, Map<String, String> environment)
      throws ContainerException {
    String address = environment.get(ADDRESS);
    if (address == null || address.isEmpty()) {
      throw new ContainerException(
          "driver: the variable "
              + ADDRESS
              + " is not set. Spark sends drivers itself; for a command of Lockstep, name the command, such as train.");
    }
    List<String> submit = new ArrayList<>();
    setting(submit, "spark.driver.bindAddress", address);
    submit.add("--deploy-mode");
    submit.add("client");
    submit.addAll(arguments);
    return submit;
  }

  /**
   * What {@code spark-submit} gets for a command of Lockstep whose driver is this container.
   * Executors find it by the pod's address, and vanish with the pod since it owns theirs.
   *
   * @param command the command and its arguments
   */
  static List<String> command(Image image, List<String> command, Map<String, String> environment) {
    List<String> submit = new ArrayList<>();
    String address = environment.get(ADDRESS);
    if (address != null && !address.isEmpty()) {
      setting(submit, "spark.driver.bindAddress", address);
      setting(submit, "spark.driver.host", address);
    }
    String pod = environment.get(POD);
    if (pod != null && !pod.isEmpty()) {
      setting(submit, "spark.kubernetes.driver.pod.name", pod);
    }
    submit.addAll(List.of("--deploy-mode", "client", "--class", Main.class.getName()));
    submit.add(image.jar().toString());
    submit.addAll(command);
    return submit;
  }

  private static void setting(List<String> submit, String key, String value) {
    submit.add("--conf");
    submit.add(key + "=" + value);
  }

  /**
   * The process of a driver.
   *
   * @param submit the arguments of {@code spark-submit}
   * @throws ContainerException where Spark's launcher does not like them, after it has said why
   * @throws IOException where it could not be started, or was killed
   */
  static ProcessPlan of(Image image, List<String> submit)
      throws ContainerException, IOException, InterruptedException {
    List<String> question = new ArrayList<>();
    question.add(image.java().toString());
    question.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    question.addAll(List.of("-cp", image.sparkJars(), LAUNCHER, SUBMIT));
    question.addAll(submit);
    ProcessBuilder builder = new ProcessBuilder(question);
    builder.redirectInput(new File("/dev/null")).redirectError(ProcessBuilder.Redirect.INHERIT);
    // What they choose is for the driver, and may not go together with a small heap.
    List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS").forEach(builder.environment()::remove);
    builder.environment().put("SPARK_HOME", image.spark().toString());
    builder.environment().put("JAVA_HOME", image.java().getParent().getParent().toString());
    Process launcher = builder.start();
    String answer = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = launcher.waitFor();
    if (code > SHELL_OFFSET) {
      throw new IOException("Spark's launcher was killed by signal " + (code - SHELL_OFFSET) + ".");
    }
    if (code != 0) {
      throw new ContainerException("Spark's launcher ended with exit code " + code + ".");
    }
    ProcessPlan driver = parse(answer);
    Map<String, String> variables = new LinkedHashMap<>(driver.environment());
    variables.put(Main.CONTAINER, "true");
    return new ProcessPlan(driver.command(), variables);
  }

  /**
   * Reads the launcher's answer: what the JVM may have said, a NUL and a line's end, then every
   * word with a NUL behind it. The words are meant for {@code env} where variables have to be set.
   *
   * @throws ContainerException where it is none
   */
  static ProcessPlan parse(String answer) throws ContainerException {
    int start = answer.indexOf("\0\n");
    List<String> words = new ArrayList<>();
    if (start >= 0) {
      words.addAll(List.of(answer.substring(start + 2).split("\0", -1)));
      words.remove(words.size() - 1);
    }
    if (words.isEmpty()) {
      throw new ContainerException("Spark's launcher gave no command.");
    }
    Map<String, String> environment = new LinkedHashMap<>();
    if (words.get(0).equals("env")) {
      words.remove(0);
      for (int equals = words.get(0).indexOf('=');
          equals > 0 && !words.get(0).startsWith("/");
          equals = words.get(0).indexOf('=')) {
        environment.put(words.get(0).substring(0, equals), words.remove(0).substring(equals + 1));
      }
    }
    return new ProcessPlan(words, environment);
  }
}
