package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The example for Argo Workflows runs the pod of the CronJob. Of Argo's own fields only those that
 * its description of a CronWorkflow has are used, and each is named here.
 */
final class KubernetesWorkflowIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/schedulers/argo");

  /** By these the CronJob's pod knows its day; a workflow passes it. */
  private static final Set<String> DAY = Set.of("LOCKSTEP_JOB_NAME", "LOCKSTEP_RUN_DATE_DAYS_BACK");

  @Test
  void theFieldsAreArgos() throws IOException {
    JsonNode workflow = workflow();
    assertThat(workflow.path("apiVersion").asText()).isEqualTo("argoproj.io/v1alpha1");
    assertThat(workflow.path("kind").asText()).isEqualTo("CronWorkflow");
    assertThat(workflow.path("metadata").path("name").asText()).matches("[a-z0-9-]{1,52}");
    fields(workflow, "apiVersion", "kind", "metadata", "spec");
    JsonNode spec = workflow.path("spec");
    fields(
        spec,
        "schedules",
        "timezone",
        "concurrencyPolicy",
        "startingDeadlineSeconds",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
        "workflowSpec");
    JsonNode body = spec.path("workflowSpec");
    fields(
        body,
        "entrypoint",
        "serviceAccountName",
        "activeDeadlineSeconds",
        "podMetadata",
        "podSpecPatch",
        "securityContext",
        "arguments",
        "volumes",
        "templates");
    fields(body.path("podMetadata"), "labels", "annotations");
    fields(body.path("arguments"), "parameters");
    fields(body.path("arguments").path("parameters").path(0), "name", "value");
    assertThat(body.path("templates")).hasSize(1);
    JsonNode template = body.path("templates").path(0);
    fields(template, "name", "inputs", "retryStrategy", "container");
    fields(template.path("inputs"), "parameters");
    fields(template.path("inputs").path("parameters").path(0), "name", "value");
    JsonNode retry = template.path("retryStrategy");
    fields(retry, "limit", "retryPolicy", "expression", "backoff");
    fields(retry.path("backoff"), "duration");
    assertThat(retry.path("retryPolicy").asText())
        .isIn("Always", "OnFailure", "OnError", "OnTransientError");
    assertThat(retry.path("limit").isTextual()).as("a number or a text").isTrue();
  }

  @Test
  void aNightIsOneWorkflow() throws IOException {
    JsonNode spec = workflow().path("spec");
    CronJob night = night();
    assertThat(spec.path("schedules")).hasSize(1);
    assertThat(spec.path("schedules").path(0).asText()).isEqualTo(night.getSpec().getSchedule());
    assertThat(spec.path("timezone").asText()).isEqualTo(night.getSpec().getTimeZone());
    assertThat(spec.path("concurrencyPolicy").asText())
        .isEqualTo(night.getSpec().getConcurrencyPolicy());
    assertThat(spec.path("startingDeadlineSeconds").asLong())
        .isEqualTo(night.getSpec().getStartingDeadlineSeconds());
    JsonNode body = spec.path("workflowSpec");
    assertThat(body.path("activeDeadlineSeconds").asLong())
        .isEqualTo(night.getSpec().getJobTemplate().getSpec().getActiveDeadlineSeconds());
    JsonNode template = body.path("templates").path(0);
    assertThat(body.path("entrypoint").asText()).isEqualTo(template.path("name").asText());
    JsonNode day = body.path("arguments").path("parameters").path(0);
    assertThat(day.path("name").asText()).isEqualTo("run-date");
    // The day before: that of the schedule has only just begun.
    assertThat(day.path("value").asText())
        .isEqualTo(
            "{{=sprig.dateInZone('2006-01-02', sprig.dateModify('-24h',"
                + " sprig.toDate('2006-01-02T15:04:05Z07:00', workflow.scheduledTime)), 'UTC')}}");
    JsonNode input = template.path("inputs").path("parameters").path(0);
    assertThat(input.path("name").asText()).isEqualTo("run-date");
    assertThat(input.path("value").asText()).isEqualTo("{{workflow.parameters.run-date}}");
    assertThat(template.path("retryStrategy").path("expression").asText())
        .isEqualTo("asInt(lastRetry.exitCode) not in [2, 3, 4]");
  }

  @Test
  void itsPodIsTheCronJobs() throws IOException {
    PodTemplateSpec cron = night().getSpec().getJobTemplate().getSpec().getTemplate();
    JsonNode body = workflow().path("spec").path("workflowSpec");
    JsonNode container = body.path("templates").path(0).path("container");
    ObjectNode argo =
        (ObjectNode)
            new ObjectMapper(new YAMLFactory()).readTree(body.path("podSpecPatch").asText());
    for (String field : List.of("serviceAccountName", "securityContext", "volumes")) {
      argo.set(field, body.path(field));
    }
    // Argo tries again with another pod and names the container itself.
    argo.put("restartPolicy", "Never");
    ObjectNode main = container.deepCopy();
    main.put("name", cron.getSpec().getContainers().get(0).getName());
    argo.putArray("containers").add(main);
    ObjectNode template = argo.objectNode();
    template.set("metadata", body.path("podMetadata"));
    template.set("spec", argo);
    KubernetesRules.checkTemplate(template);

    PodTemplateSpec pod = KubernetesManifests.typed(template, PodTemplateSpec.class);
    assertThat(pod.getMetadata()).isEqualTo(cron.getMetadata());
    // Argo has to know the command, to put its own in front.
    KubernetesImage image =
        KubernetesImage.of(KubernetesManifests.FOLDER.resolve("Dockerfile"), FOLDER);
    assertThat(pod.getSpec().getContainers().get(0).getCommand()).isEqualTo(image.entryPoint());
    List<String> arguments = new ArrayList<>(pod.getSpec().getContainers().get(0).getArgs());
    arguments.replaceAll(each -> each.replace("{{inputs.parameters.run-date}}", "$(RUN_DATE)"));
    assertThat(arguments.remove("--run-date")).isTrue();
    assertThat(arguments.remove("$(RUN_DATE)")).isTrue();
    assertThat(arguments).isEqualTo(cron.getSpec().getContainers().get(0).getArgs());
    assertThat(alike(pod.getSpec())).isEqualTo(alike(cron.getSpec()));
    assertThat(environment(pod.getSpec()))
        .isEqualTo(environment(cron.getSpec()))
        .anyMatch(each -> each.getName().equals("LOCKSTEP_SUCCESS_CODES"));
  }

  @Test
  void itMayTellArgoOfItsSteps() throws IOException {
    List<JsonNode> rights = KubernetesManifests.documents(FOLDER.resolve("rights.yaml"));
    for (JsonNode each : rights) {
      KubernetesRules.check(each);
    }
    Role role = KubernetesManifests.typed(rights.get(0), Role.class);
    assertThat(role.getRules())
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.getApiGroups()).containsExactly("argoproj.io");
              assertThat(rule.getResources()).containsExactly("workflowtaskresults");
              assertThat(rule.getVerbs()).containsExactly("create", "patch");
            });
    RoleBinding binding = KubernetesManifests.typed(rights.get(1), RoleBinding.class);
    assertThat(binding.getRoleRef().getName()).isEqualTo(role.getMetadata().getName());
    assertThat(binding.getSubjects())
        .singleElement()
        .satisfies(
            subject ->
                assertThat(subject.getName())
                    .isEqualTo(
                        workflow()
                            .path("spec")
                            .path("workflowSpec")
                            .path("serviceAccountName")
                            .asText()));
    String namespace = workflow().path("metadata").path("namespace").asText();
    assertThat(role.getMetadata().getNamespace()).isEqualTo(namespace);
    assertThat(binding.getMetadata().getNamespace()).isEqualTo(namespace);
  }

  private static void fields(JsonNode object, String... names) {
    List<String> found = new ArrayList<>();
    object.fieldNames().forEachRemaining(found::add);
    assertThat(found).containsExactlyInAnyOrder(names);
  }

  /** Without what a workflow says in another way. */
  private static PodSpec alike(PodSpec pod) {
    return new PodSpecBuilder(pod)
        .editFirstContainer()
        .withCommand()
        .withArgs()
        .withEnv()
        .endContainer()
        .build();
  }

  private static List<EnvVar> environment(PodSpec pod) {
    return pod.getContainers().get(0).getEnv().stream()
        .filter(each -> !DAY.contains(each.getName()))
        .toList();
  }

  private static JsonNode workflow() throws IOException {
    List<JsonNode> documents = KubernetesManifests.documents(FOLDER.resolve("cron-workflow.yaml"));
    assertThat(documents).hasSize(1);
    return documents.get(0);
  }

  private static CronJob night() throws IOException {
    return KubernetesManifests.read("cronjob.yaml", "CronJob", "lockstep-retrain", CronJob.class);
  }
}
