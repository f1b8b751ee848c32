package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ExecutorPlanTest {
  private static final Image IMAGE =
      new Image(Path.of("/java/bin/java"), Path.of("/opt/spark"), Path.of("/opt/lockstep.jar"));

  /** What Spark 4.1 sets for an executor. */
  private static Map<String, String> environment() {
    return new HashMap<>(
        Map.of(
            "SPARK_DRIVER_URL", "spark://CoarseGrainedScheduler@driver:7078",
            "SPARK_EXECUTOR_ID", "3",
            "SPARK_EXECUTOR_CORES", "2",
            "SPARK_EXECUTOR_MEMORY", "4096m",
            "SPARK_APPLICATION_ID", "spark-1",
            "SPARK_EXECUTOR_POD_IP", "10.0.0.7",
            "SPARK_EXECUTOR_POD_NAME", "digits-exec-3",
            "SPARK_RESOURCE_PROFILE_ID", "0"));
  }

  @Test
  void theEnvironmentBecomesACommand() throws ContainerException {
    Map<String, String> environment = environment();
    for (int option = 0; option < 11; option++) {
      environment.put("SPARK_JAVA_OPT_" + option, "-Doption=" + option + " with blanks");
    }
    environment.remove("SPARK_JAVA_OPT_5");
    environment.put("SPARK_CONF_DIR", "/opt/spark/conf");
    environment.put("SPARK_CLASSPATH", "/extra.jar");
    environment.put("SPARK_DIST_CLASSPATH", "/opt/conf");

    ProcessPlan plan = ExecutorPlan.of(IMAGE, environment);

    assertThat(plan.environment()).isEmpty();
    assertThat(plan.command().subList(0, 3))
        .containsExactly("/java/bin/java", "-Doption=0 with blanks", "-Doption=1 with blanks");
    assertThat(plan.command().subList(10, plan.command().size()))
        .containsExactly(
            "-Doption=10 with blanks",
            "-Xms4096m",
            "-Xmx4096m",
            "-cp",
            "/opt/spark/conf:/extra.jar:/opt/spark/jars/*:/opt/conf",
            "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
            "--driver-url",
            "spark://CoarseGrainedScheduler@driver:7078",
            "--executor-id",
            "3",
            "--cores",
            "2",
            "--app-id",
            "spark-1",
            "--hostname",
            "10.0.0.7",
            "--resourceProfileId",
            "0",
            "--podName",
            "digits-exec-3");
  }

  @Test
  void theLogOfAnExecutorCanBeJsonToo() throws ContainerException {
    Map<String, String> environment = environment();
    environment.put("SPARK_JAVA_OPT_0", "-Dlog4j2.configurationFile=/own.properties");

    ProcessPlan plan = ExecutorPlan.of(IMAGE, environment).withJsonLog(IMAGE);

    // The later one counts.
    assertThat(plan.command().subList(0, 3))
        .containsExactly(
            "/java/bin/java",
            "-Dlog4j2.configurationFile=/conf/log4j2-json.properties",
            "-Dlog4j2.configurationFile=/own.properties");
  }

  @Test
  void aMissingVariableIsNamed() {
    Map<String, String> environment = environment();
    environment.remove("SPARK_DRIVER_URL");

    assertThatThrownBy(() -> ExecutorPlan.of(IMAGE, environment))
        .isInstanceOf(ContainerException.class)
        .hasMessageContaining("SPARK_DRIVER_URL");
  }
}
