package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DriverPlanTest {
  private static final Image IMAGE =
      new Image(Path.of("/java/bin/java"), Path.of("/opt/spark"), Path.of("/opt/lockstep.jar"));

  @Test
  void aDriverThatSparkSentIsTheDriverHere() throws ContainerException {
    List<String> sent = List.of("--properties-file", "/p", "--class", "X", "local:///x.jar", "a b");

    assertThat(DriverPlan.sentBySpark(sent, Map.of("SPARK_DRIVER_BIND_ADDRESS", "10.0.0.7")))
        .containsExactly(
            "--conf",
            "spark.driver.bindAddress=10.0.0.7",
            "--deploy-mode",
            "client",
            "--properties-file",
            "/p",
            "--class",
            "X",
            "local:///x.jar",
            "a b");
  }

  @Test
  void aDriverWithoutAnAddressIsRefused() {
    assertThatThrownBy(() -> DriverPlan.sentBySpark(List.of(), Map.of()))
        .isInstanceOf(ContainerException.class)
        .hasMessageContaining("SPARK_DRIVER_BIND_ADDRESS")
        .hasMessageContaining("train");
  }

  @Test
  void aCommandIsADriverThatExecutorsFind() {
    Map<String, String> pod =
        Map.of("SPARK_DRIVER_BIND_ADDRESS", "10.0.0.7", "SPARK_DRIVER_POD_NAME", "night");

    assertThat(DriverPlan.command(IMAGE, List.of("retrain", "c.yaml"), pod))
        .containsExactly(
            "--conf",
            "spark.driver.bindAddress=10.0.0.7",
            "--conf",
            "spark.driver.host=10.0.0.7",
            "--conf",
            "spark.kubernetes.driver.pod.name=night",
            "--deploy-mode",
            "client",
            "--class",
            "dev.lockstep.driver.cli.Main",
            "/opt/lockstep.jar",
            "retrain",
            "c.yaml");
  }

  @Test
  void aCommandNeedsNoCluster() {
    assertThat(DriverPlan.command(IMAGE, List.of("version"), Map.of()))
        .startsWith("--deploy-mode", "client")
        .endsWith("/opt/lockstep.jar", "version");
  }

  @Test
  void theLaunchersAnswerIsACommand() throws ContainerException {
    ProcessPlan plan = DriverPlan.parse("noise of the JVM\n\0\njava\0-cp\0\0A B\0");

    assertThat(plan.command()).containsExactly("java", "-cp", "", "A B");
    assertThat(plan.environment()).isEmpty();
  }

  @Test
  void theLaunchersAnswerMayHaveVariables() throws ContainerException {
    ProcessPlan plan = DriverPlan.parse("\0\nenv\0LD_LIBRARY_PATH=/a=b\0/java\0-Dx=y\0");

    assertThat(plan.command()).containsExactly("/java", "-Dx=y");
    assertThat(plan.environment()).containsOnly(Map.entry("LD_LIBRARY_PATH", "/a=b"));
  }

  @Test
  void aLogOfJsonIsSetBeforeWhatAUserSets() {
    Image image =
        new Image(Path.of("/java"), Path.of("/spark"), Path.of("/opt/lockstep/lib/lockstep.jar"));
    ProcessPlan driver =
        new ProcessPlan(List.of("/java", "-Dmine=1", "-cp", "x", "Submit"), Map.of("A", "b"));

    ProcessPlan json = driver.withJsonLog(image);

    assertThat(json.command())
        .containsExactly(
            "/java",
            "-Dlog4j2.configurationFile=/opt/lockstep/conf/log4j2-json.properties",
            "-Dmine=1",
            "-cp",
            "x",
            "Submit");
    assertThat(json.environment()).containsOnly(Map.entry("A", "b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0\n", "usage", "\0"})
  void anyOtherAnswerIsRefused(String answer) {
    assertThatThrownBy(() -> DriverPlan.parse(answer)).isInstanceOf(ContainerException.class);
  }
}
