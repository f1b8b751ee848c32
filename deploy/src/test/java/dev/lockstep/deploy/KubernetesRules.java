package dev.lockstep.deploy;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.fabric8.kubernetes.api.model.Quantity;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Role;
import io.kubernetes.client.openapi.models.V1RoleBinding;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an API server asks of an object: fields that Kubernetes' OpenAPI description has, none of
 * the required ones missing; one of the few words where only these do; texts where YAML might have
 * made a number or a truth of them; and what fields say of one another, as far as the manifests
 * have such.
 */
final class KubernetesRules {
  private static final String LABEL = "([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?";
  private static final String NAME = "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?";
  private static final String PART = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

  private static final Map<String, Description> KINDS =
      Map.ofEntries(
          entry("ConfigMap", V1ConfigMap::validateJsonElement),
          entry("CronJob", V1CronJob::validateJsonElement),
          entry("Job", V1Job::validateJsonElement),
          entry("Namespace", V1Namespace::validateJsonElement),
          entry("NetworkPolicy", V1NetworkPolicy::validateJsonElement),
          entry("PersistentVolumeClaim", V1PersistentVolumeClaim::validateJsonElement),
          entry("Pod", V1Pod::validateJsonElement),
          entry("Role", V1Role::validateJsonElement),
          entry("RoleBinding", V1RoleBinding::validateJsonElement),
          entry("Secret", V1Secret::validateJsonElement),
          entry("ServiceAccount", V1ServiceAccount::validateJsonElement));

  private static final Map<String, String> GROUPS =
      Map.of(
          "CronJob", "batch/v1",
          "Job", "batch/v1",
          "NetworkPolicy", "networking.k8s.io/v1",
          "Role", "rbac.authorization.k8s.io/v1",
          "RoleBinding", "rbac.authorization.k8s.io/v1");

  /** Fields of which only these words do, wherever they are. */
  private static final Map<String, Set<String>> WORDS =
      Map.ofEntries(
          entry("restartPolicy", Set.of("Always", "OnFailure", "Never")),
          entry("concurrencyPolicy", Set.of("Allow", "Forbid", "Replace")),
          entry("podReplacementPolicy", Set.of("TerminatingOrFailed", "Failed")),
          entry("imagePullPolicy", Set.of("Always", "IfNotPresent", "Never")),
          entry("fsGroupChangePolicy", Set.of("OnRootMismatch", "Always")),
          entry("action", Set.of("FailJob", "FailIndex", "Ignore", "Count")),
          entry("operator", Set.of("In", "NotIn", "Exists", "DoesNotExist")),
          entry("protocol", Set.of("TCP", "UDP", "SCTP")),
          entry("policyTypes", Set.of("Ingress", "Egress")),
          entry(
              "accessModes",
              Set.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")),
          entry(
              "verbs",
              Set.of(
                  "get",
                  "list",
                  "watch",
                  "create",
                  "update",
                  "patch",
                  "delete",
                  "deletecollection")));

  /** Maps and lists of texts. */
  private static final Set<String> TEXTS =
      Set.of(
          "labels",
          "annotations",
          "matchLabels",
          "nodeSelector",
          "data",
          "stringData",
          "args",
          "command");

  /** Kubernetes' description of a kind. */
  private interface Description {
    void check(JsonElement object) throws IOException;
  }

  private KubernetesRules() {}

  /** Fails where an object is none that an API server takes. */
  static void check(JsonNode object) throws IOException {
    String kind = object.path("kind").asText();
    assertThat(KINDS).containsKey(kind);
    assertThat(object.path("apiVersion").asText()).isEqualTo(GROUPS.getOrDefault(kind, "v1"));
    described(kind, KINDS.get(kind), object);
    walk(kind, object);
    if (kind.equals("CronJob")) {
      // The names of its jobs are eleven characters longer, and have to be labels.
      assertThat(object.path("metadata").path("name").asText()).hasSizeLessThanOrEqualTo(52);
      job(object.path("spec").path("jobTemplate").path("spec"));
    }
    if (kind.equals("Job")) {
      job(object.path("spec"));
    }
  }

  /** Fails where a pod's template, as other kinds have one, is none. */
  static void checkTemplate(JsonNode template) throws IOException {
    described("the template", V1PodTemplateSpec::validateJsonElement, template);
    walk("the template", template);
  }

  private static void described(String what, Description description, JsonNode object)
      throws IOException {
    try {
      description.check(JsonParser.parseString(object.toString()));
    } catch (IllegalArgumentException wrong) {
      throw new AssertionError(what + " is none of Kubernetes': " + wrong.getMessage(), wrong);
    }
  }

  private static void walk(String path, JsonNode node) {
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        walk(path + "[" + i + "]", node.get(i));
      }
      return;
    }
    if (node.path("containers").isArray()) {
      pod(path, node);
    }
    node.properties()
        .forEach(
            field -> {
              String here = path + "." + field.getKey();
              JsonNode value = field.getValue();
              assertThat(value.isNull()).as(here + " has a value").isFalse();
              if (WORDS.containsKey(field.getKey())) {
                assertThat(WORDS.get(field.getKey())).as(here).containsAll(texts(here, value));
              }
              if (TEXTS.contains(field.getKey())) {
                texts(here, value);
              }
              if (field.getKey().equals("labels") || field.getKey().equals("matchLabels")) {
                assertThat(texts(here, value)).as(here).allMatch(label -> label.matches(LABEL));
              }
              if (field.getKey().equals("metadata") && value.has("name")) {
                assertThat(value.path("name").asText()).as(here).matches(NAME);
              }
              walk(here, value);
            });
  }

  /** The texts of a map, a list or one alone; anything else in it is an error. */
  private static List<String> texts(String path, JsonNode node) {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : node.isValueNode() ? List.of(node) : node) {
      assertThat(each.isTextual()).as(path + " is of texts: " + each).isTrue();
      texts.add(each.asText());
    }
    return texts;
  }

  private static void pod(String path, JsonNode pod) {
    Set<String> volumes = new HashSet<>();
    for (JsonNode volume : pod.path("volumes")) {
      String name = volume.path("name").asText();
      assertThat(name).as(path).matches(PART);
      assertThat(volumes.add(name)).as("%s has one volume %s", path, name).isTrue();
      assertThat(volume.size()).as("volume %s is of one kind", name).isEqualTo(2);
    }
    Set<String> containers = new HashSet<>();
    for (JsonNode container : pod.path("containers")) {
      String name = container.path("name").asText();
      assertThat(name).as(path).matches(PART);
      assertThat(containers.add(name)).as("%s has one container %s", path, name).isTrue();
      Set<String> places = new HashSet<>();
      for (JsonNode mount : container.path("volumeMounts")) {
        assertThat(volumes).as(path).contains(mount.path("name").asText());
        String place = mount.path("mountPath").asText();
        assertThat(place).startsWith("/").doesNotContain(":");
        assertThat(places.add(place)).as("%s mounts %s once", path, place).isTrue();
      }
      for (JsonNode port : container.path("ports")) {
        assertThat(port.path("containerPort").asInt()).isBetween(1, 65535);
        assertThat(port.path("name").asText()).matches("[a-z0-9-]{0,15}");
      }
      for (JsonNode variable : container.path("env")) {
        assertThat(variable.path("name").asText()).as(path).matches("[A-Za-z_][A-Za-z0-9_]*");
        assertThat(variable.has("value")).isNotEqualTo(variable.has("valueFrom"));
        texts(path + ".env", variable.path("value"));
      }
      JsonNode resources = container.path("resources");
      for (Map.Entry<String, JsonNode> limit : resources.path("limits").properties()) {
        JsonNode request = resources.path("requests").path(limit.getKey());
        assertThat(Quantity.parse(request.isMissingNode() ? "0" : request.asText()))
            .as("%s's request of %s", path, limit.getKey())
            .isLessThanOrEqualTo(Quantity.parse(limit.getValue().asText()));
      }
    }
  }

  /** A policy on failures is taken only together with some other fields. */
  private static void job(JsonNode job) {
    JsonNode pod = job.path("template").path("spec");
    assertThat(pod.path("restartPolicy").asText()).isIn("Never", "OnFailure");
    if (!job.has("podFailurePolicy")) {
      return;
    }
    assertThat(pod.path("restartPolicy").asText()).isEqualTo("Never");
    assertThat(job.path("podReplacementPolicy").asText("Failed")).isEqualTo("Failed");
    List<String> containers = new ArrayList<>();
    pod.path("containers").forEach(container -> containers.add(container.path("name").asText()));
    for (JsonNode rule : job.path("podFailurePolicy").path("rules")) {
      assertThat(rule.has("onExitCodes")).isNotEqualTo(rule.has("onPodConditions"));
      for (JsonNode condition : rule.path("onPodConditions")) {
        texts("onPodConditions.status", condition.path("status"));
      }
      JsonNode codes = rule.path("onExitCodes");
      if (codes.has("containerName")) {
        assertThat(containers).contains(codes.path("containerName").asText());
      }
      List<Integer> values = new ArrayList<>();
      codes.path("values").forEach(value -> values.add(value.asInt()));
      assertThat(values).isSorted().doesNotHaveDuplicates();
      if (codes.path("operator").asText().equals("In")) {
        assertThat(values).doesNotContain(0);
      }
    }
  }
}
