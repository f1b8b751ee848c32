package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.deploy.ScriptProcess.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The files for Prometheus: the alerts tell of what they should and of nothing else, by
 * Prometheus's own {@code promtool}, and of pods only running drivers of Lockstep's namespace are
 * asked.
 */
final class PrometheusIT {
  private static final Path MONITORING = JavaProcess.ROOT.resolve("deploy/monitoring");
  private static final String ALERTS = "prometheus-alerts.yaml";
  private static final String CASES = "prometheus-alerts-test.yaml";

  @TempDir private Path folder;

  @Test
  void theAlertsTellOfWhatTheyShould() throws Exception {
    Files.copy(MONITORING.resolve(ALERTS), folder.resolve(ALERTS));
    try (var cases = PrometheusIT.class.getResourceAsStream(CASES)) {
      Files.copy(cases, folder.resolve(CASES));
    }

    promtool("check", "rules", ALERTS);
    promtool("test", "rules", CASES);
  }

  /** Each alert of the group that looks beyond one run, and the two most urgent ones of a run. */
  @Test
  void theCasesHaveTheAlertsThatLookBeyondARun() throws Exception {
    JsonNode alerts = yaml(Files.readString(MONITORING.resolve(ALERTS)));
    List<String> named = new ArrayList<>(List.of("LockstepJobFailed", "LockstepLossRising"));
    for (JsonNode group : alerts.path("groups")) {
      if (group.path("name").asText().equals("lockstep-registry")) {
        group.path("rules").forEach(rule -> named.add(rule.path("alert").asText()));
      }
    }
    assertThat(named).hasSizeGreaterThan(4);
    String cases;
    try (var resource = PrometheusIT.class.getResourceAsStream(CASES)) {
      cases = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<String> silent = new ArrayList<>();
    List<String> told = new ArrayList<>();
    for (JsonNode test : yaml(cases).path("tests")) {
      for (JsonNode expected : test.path("alert_rule_test")) {
        (expected.has("exp_alerts") ? told : silent).add(expected.path("alertname").asText());
      }
    }
    assertThat(told).containsAll(named);
    assertThat(silent).containsAll(named);
  }

  /** Without what finds pods, which not every build of {@code promtool} knows. */
  @Test
  void theConfigurationIsPrometheuss() throws Exception {
    Files.copy(MONITORING.resolve(ALERTS), folder.resolve(ALERTS));
    JsonNode configuration = yaml(Files.readString(MONITORING.resolve("prometheus.yaml")));
    ((ObjectNode) configuration.path("scrape_configs").path(0)).remove("kubernetes_sd_configs");
    Files.writeString(folder.resolve("prometheus.yaml"), configuration.toString());

    promtool("check", "config", "prometheus.yaml");
  }

  @Test
  void onlyRunningDriversOfOurNamespaceAreAsked() throws IOException {
    JsonNode job =
        yaml(Files.readString(MONITORING.resolve("prometheus.yaml")))
            .path("scrape_configs")
            .path(0);
    assertThat(job.path("kubernetes_sd_configs")).hasSize(1);
    JsonNode discovery = job.path("kubernetes_sd_configs").path(0);
    assertThat(discovery.path("role").asText()).isEqualTo("pod");
    assertThat(discovery.path("namespaces").toString()).isEqualTo("{\"names\":[\"lockstep\"]}");
    assertThat(rule(job, "pod_annotation_prometheus_io_scrape", "keep").path("regex").asText())
        .isEqualTo("true");
    String ended = rule(job, "pod_phase", "drop").path("regex").asText();
    for (String phase : List.of("Pending", "Succeeded", "Failed")) {
      assertThat(phase).matches(ended);
    }
    assertThat("Running").doesNotMatch(ended);
    assertThat(
            rule(job, "pod_annotation_prometheus_io_path", "replace").path("target_label").asText())
        .isEqualTo("__metrics_path__");
    // The last one that matches counts: jobs of the same app are told apart by what they train.
    List<String> names = new ArrayList<>();
    for (JsonNode rule : job.path("relabel_configs")) {
      if (rule.path("target_label").asText().equals("application")) {
        names.add(rule.path("source_labels").path(0).asText());
      }
    }
    assertThat(names)
        .containsExactly(
            "__meta_kubernetes_pod_label_app_kubernetes_io_name",
            "__meta_kubernetes_pod_label_spark_app_name",
            "__meta_kubernetes_pod_label_app_kubernetes_io_instance");
  }

  private static JsonNode rule(JsonNode job, String source, String action) {
    for (JsonNode rule : job.path("relabel_configs")) {
      if (rule.path("source_labels").path(0).asText().equals("__meta_kubernetes_" + source)
          && rule.path("action").asText().equals(action)) {
        return rule;
      }
    }
    throw new AssertionError("nothing is said of " + source);
  }

  private static JsonNode yaml(String text) {
    Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    return new ObjectMapper().valueToTree(read);
  }

  /** In continuous integration there must be one; elsewhere it is no tool that everybody has. */
  private void promtool(String... arguments) throws Exception {
    Result found =
        ScriptProcess.run(folder, Map.of(), Path.of("bash"), List.of("-c", "command -v promtool"));
    if (!"true".equals(System.getenv("CI"))) {
      assumeTrue(found.exitCode() == 0, "promtool is not installed");
    }
    assertThat(found.exitCode()).as("promtool is installed").isZero();
    Result checked = ScriptProcess.run(folder, Map.of(), Path.of("promtool"), List.of(arguments));
    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
  }
}
