package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every file in {@code deploy/kubernetes} is what Kubernetes takes it for, and they fit together.
 */
final class KubernetesManifestsIT {
  private static final Path FOLDER = KubernetesManifests.FOLDER;
  private static final String IMAGE = "registry.example.com/lockstep:0.1.0";

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "Namespace", Namespace.class,
          "ServiceAccount", ServiceAccount.class,
          "Role", Role.class,
          "RoleBinding", RoleBinding.class,
          "PersistentVolumeClaim", PersistentVolumeClaim.class,
          "Secret", Secret.class,
          "NetworkPolicy", NetworkPolicy.class,
          "Pod", Pod.class,
          "CronJob", CronJob.class,
          "Job", Job.class);

  /** Of kinds that are no part of Kubernetes, or files for Lockstep itself. */
  private static final Set<String> OTHERS =
      Set.of("kustomization.yaml", "spark-application.yaml", "train.yaml", "retrain.yaml");

  @Test
  void everyObjectIsOneOfKubernetes() throws IOException {
    List<String> kinds = new ArrayList<>();
    for (Path file : yamlFiles()) {
      if (!OTHERS.contains(file.getFileName().toString())) {
        for (JsonNode document : KubernetesManifests.documents(file)) {
          String kind = document.path("kind").asText();
          assertThat(TYPES).as(file.toString()).containsKey(kind);
          KubernetesManifests.typed(document, TYPES.get(kind));
          KubernetesRules.check(document);
          kinds.add(kind);
        }
      }
    }
    assertThat(kinds).containsAll(TYPES.keySet());
  }

  @Test
  void aFieldThatIsNoneIsFound() throws IOException {
    JsonNode pod = KubernetesManifests.documents(FOLDER.resolve("spark/driver-pod.yaml")).get(0);
    ((ObjectNode) pod.path("spec").path("containers").get(0).path("securityContext"))
        .put("readOnlyRootFileSystem", true);

    assertThatThrownBy(() -> KubernetesManifests.typed(pod, Pod.class))
        .hasMessageContaining("readOnlyRootFileSystem");
    assertThatThrownBy(() -> KubernetesRules.check(pod))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("readOnlyRootFileSystem");
  }

  /** What an API server refuses although every field is one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/spec | schedule | | schedule",
        "/spec | concurrencyPolicy | \"Forbidden\" | concurrencyPolicy",
        "/spec/jobTemplate/spec | podReplacementPolicy | \"TerminatingOrFailed\" | Failed",
        "/spec/jobTemplate/spec/template/spec | restartPolicy | \"OnFailure\" | Never",
        "/spec/jobTemplate/spec/template/metadata/annotations | prometheus.io/port | 4040 | texts",
        "/spec/jobTemplate/spec/template/spec/containers/0 | name | | name",
        "/spec/jobTemplate/spec/template/spec/containers/0 | name | \"other\" | lockstep",
        "/spec/jobTemplate/spec/template/spec/containers/0/env/3 | value | 5 | texts",
        "/spec/jobTemplate/spec/template/spec/containers/0/volumeMounts/0 | name | \"t\" | tmp",
        "/spec/jobTemplate/spec/template/spec/containers/0/resources/limits | memory | \"4Gi\" | memory",
        "/spec/jobTemplate/spec/template/spec/containers/0/ports/0 | containerPort | | containerPort",
        "/spec/jobTemplate/spec/podFailurePolicy/rules/1/onExitCodes | operator | | operator",
        "/spec/jobTemplate/spec/podFailurePolicy/rules/1/onExitCodes | values | [0, 2] | 0",
      })
  void anObjectThatIsNoneIsFound(String place, String field, String value, String word)
      throws IOException {
    JsonNode cronJob = KubernetesManifests.documents(FOLDER.resolve("cronjob.yaml")).get(0);
    ObjectNode object = (ObjectNode) cronJob.at(place);
    if (value == null) {
      assertThat(object.remove(field)).isNotNull();
    } else {
      object.set(field, new ObjectMapper().readTree(value));
    }

    assertThatThrownBy(() -> KubernetesRules.check(cronJob))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(word);
  }

  @Test
  void everyPodIsRestricted() throws IOException {
    KubernetesRestrictions.check(template("driver").getSpec());
    KubernetesRestrictions.check(template("executor").getSpec());
    KubernetesRestrictions.check(job().getTemplate().getSpec());
    KubernetesRestrictions.checkWithoutSpark(
        KubernetesManifests.registryJob().getSpec().getTemplate().getSpec());
  }

  /** Strangers in the cluster can neither speak to drivers and executors nor listen to them. */
  @Test
  void sparkAsksForItsSecretAndEncrypts() throws IOException {
    Map<String, String> safe =
        Map.of(
            "spark.authenticate", "true",
            "spark.network.crypto.enabled", "true",
            "spark.network.crypto.saslFallback", "false",
            "spark.ui.killEnabled", "false");
    assertThat(settings()).containsAllEntriesOf(safe);
    assertThat(sparkConf()).containsAllEntriesOf(safe);
  }

  /** What the operator sets itself, or has fields of its own for, it need not be told. */
  @Test
  void theOperatorsSettingsAreThoseOfSparkSubmit() throws IOException {
    Map<String, String> settings = settings();
    Set<String> others =
        Set.of(
            "spark.master",
            "spark.kubernetes.namespace",
            "spark.kubernetes.container.image",
            "spark.kubernetes.authenticate.driver.serviceAccountName",
            "spark.kubernetes.executor.podTemplateFile",
            "spark.executor.instances",
            "spark.executor.cores",
            "spark.executor.memory",
            "spark.driver.cores",
            "spark.driver.memory");
    assertThat(settings).containsKeys(others.toArray(String[]::new));
    settings.keySet().removeAll(others);
    assertThat(sparkConf()).isEqualTo(settings);
  }

  @Test
  void onlyLockstepAndPrometheusReachThePods() throws IOException {
    NetworkPolicy policy =
        KubernetesManifests.read("network.yaml", "NetworkPolicy", "lockstep", NetworkPolicy.class);
    Map<String, String> ours = policy.getSpec().getPodSelector().getMatchLabels();
    for (PodTemplateSpec pod :
        List.of(
            job().getTemplate(),
            KubernetesManifests.registryJob().getSpec().getTemplate(),
            KubernetesManifests.typed(application("driver"), PodTemplateSpec.class),
            KubernetesManifests.typed(application("executor"), PodTemplateSpec.class))) {
      assertThat(pod.getMetadata().getLabels()).containsAllEntriesOf(ours);
    }
    assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress");
    List<NetworkPolicyIngressRule> rules = policy.getSpec().getIngress();
    assertThat(rules).hasSize(2);
    assertThat(rules.get(0).getFrom())
        .singleElement()
        .satisfies(
            from -> {
              assertThat(from.getPodSelector().getMatchLabels()).isEqualTo(ours);
              assertThat(from.getNamespaceSelector()).isNull();
            });
    assertThat(rules.get(1).getPorts())
        .singleElement()
        .satisfies(port -> assertThat(port.getPort().getIntVal()).isEqualTo(4040));
  }

  @Test
  void executorsHaveNoToken() throws IOException {
    assertThat(template("executor").getSpec().getAutomountServiceAccountToken()).isFalse();
  }

  @Test
  void aNightIsOneJobWithTheExitCodeOfItsDriver() throws IOException {
    CronJob cronJob = cronJob();
    assertThat(cronJob.getSpec().getConcurrencyPolicy()).isEqualTo("Forbid");
    assertThat(cronJob.getSpec().getSchedule()).matches("([0-9*/,-]+ ){4}[0-9*/,-]+");
    assertThat(job().getBackoffLimit()).isPositive();
    assertThat(job().getActiveDeadlineSeconds()).isPositive();
    // Without this Kubernetes takes no policy on failures.
    assertThat(job().getTemplate().getSpec().getRestartPolicy()).isEqualTo("Never");
    List<PodFailurePolicyRule> rules = job().getPodFailurePolicy().getRules();
    assertThat(rules.get(0).getAction()).isEqualTo("Ignore");
    assertThat(rules.get(0).getOnPodConditions().get(0).getType()).isEqualTo("DisruptionTarget");
    assertThat(rules.get(1).getAction()).isEqualTo("FailJob");
    assertThat(rules.get(1).getOnExitCodes().getOperator()).isEqualTo("In");
    assertThat(rules.get(1).getOnExitCodes().getValues()).containsExactly(2, 3, 4, 5);
    Container container = container();
    assertThat(rules.get(1).getOnExitCodes().getContainerName()).isEqualTo(container.getName());
    assertThat(container.getArgs()).startsWith("retrain", "/etc/lockstep/config/retrain.yaml");
    // The day of the schedule has only just begun.
    assertThat(container.getEnv()).contains(new EnvVar("LOCKSTEP_RUN_DATE_DAYS_BACK", "1", null));
    assertThat(job().getTemplate().getSpec().getServiceAccountName()).isEqualTo("lockstep-driver");
  }

  /** A way back where no shell is: once, since a second time would go further back. */
  @Test
  void theRegistryIsLookedAfterByAJob() throws IOException {
    Job job = KubernetesManifests.registryJob();
    assertThat(job.getMetadata().getName()).isNull();
    assertThat(job.getMetadata().getGenerateName()).matches("[a-z0-9-]{1,57}-");
    assertThat(job.getMetadata().getNamespace()).isEqualTo("lockstep");
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    assertThat(job.getSpec().getTtlSecondsAfterFinished()).isPositive();
    PodSpec pod = job.getSpec().getTemplate().getSpec();
    assertThat(pod.getRestartPolicy()).isEqualTo("Never");
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getServiceAccountName()).isNull();
    Container container = pod.getContainers().get(0);
    assertThat(container.getImage()).isEqualTo(IMAGE);
    String registry =
        KubernetesManifests.documents(FOLDER.resolve("config/retrain.yaml"))
            .get(0)
            .path("registry")
            .path("path")
            .asText();
    assertThat(container.getArgs()).containsExactly("registry", "list", registry);
    assertThat(container.getResources().getLimits().get("memory"))
        .as("room for the heap that the settings give")
        .isEqualTo(container().getResources().getLimits().get("memory"));
    // By these words of the file the other two commands take its place.
    assertThat(FOLDER.resolve("registry-job.yaml"))
        .content()
        .containsOnlyOnce("args: [registry, list, " + registry + "]\n");
  }

  /** A night a folder: they would fill the volume. */
  @Test
  void onlySoManyRunFoldersStay() throws IOException {
    JsonNode retraining =
        KubernetesManifests.documents(FOLDER.resolve("config/retrain.yaml"))
            .get(0)
            .path("retraining");
    assertThat(retraining.path("keepRuns").asInt()).isPositive();
    assertThat(container().getArgs())
        .as("by the date at the end of its name a folder is one of them")
        .contains("/data/runs/retrain-$(RUN_DATE)");
  }

  /** The pod must have room for the heap that Spark's settings give to the driver. */
  @Test
  void theNightsMemoryIsThatOfItsSettings() throws IOException {
    Map<String, String> settings = settings();
    assertThat(settings).containsEntry("spark.driver.memory", "4g");
    long heap = 4L << 30;
    long overhead = Math.max(384L << 20, heap / 10);
    long limit =
        container().getResources().getLimits().get("memory").getNumericalAmount().longValueExact();
    assertThat(limit).isBetween(heap + overhead - (1L << 20), heap + overhead + (1L << 20));
    assertThat(container().getImage())
        .isEqualTo(IMAGE)
        .isEqualTo(settings.get("spark.kubernetes.container.image"));
    assertThat(settings)
        .containsEntry(
            "spark.kubernetes.executor.podTemplateFile", "/etc/lockstep/spark/executor-pod.yaml");
  }

  @Test
  void whatPodsMountIsThere() throws IOException {
    List<Volume> volumes = new ArrayList<>(job().getTemplate().getSpec().getVolumes());
    volumes.addAll(
        KubernetesManifests.registryJob().getSpec().getTemplate().getSpec().getVolumes());
    volumes.addAll(template("driver").getSpec().getVolumes());
    volumes.addAll(template("executor").getSpec().getVolumes());
    for (Volume volume : volumes) {
      if (volume.getConfigMap() != null) {
        ConfigMap map = KubernetesManifests.configMap(volume.getConfigMap().getName());
        assertThat(map.getData()).as(volume.getName()).isNotEmpty();
      }
      if (volume.getPersistentVolumeClaim() != null) {
        KubernetesManifests.read(
            "volume.yaml",
            "PersistentVolumeClaim",
            volume.getPersistentVolumeClaim().getClaimName(),
            PersistentVolumeClaim.class);
      }
    }
    for (JsonNode resource :
        KubernetesManifests.documents(FOLDER.resolve("kustomization.yaml"))
            .get(0)
            .path("resources")) {
      assertThat(FOLDER.resolve(resource.asText())).isRegularFile();
    }
    assertThat(KubernetesManifests.configMap("lockstep-config").getData())
        .containsKeys("train.yaml", "retrain.yaml");
    assertThat(KubernetesManifests.configMap("lockstep-spark").getData())
        .containsKeys("spark-defaults.conf", "executor-pod.yaml");
  }

  @Test
  void rightsAreBoundToTheDriverAndNameEverything() throws IOException {
    RoleBinding binding =
        KubernetesManifests.read(
            "rights.yaml", "RoleBinding", "lockstep-driver", RoleBinding.class);
    assertThat(binding.getRoleRef().getName()).isEqualTo("lockstep-driver");
    assertThat(binding.getSubjects())
        .singleElement()
        .satisfies(subject -> assertThat(subject.getName()).isEqualTo("lockstep-driver"));
    for (String role : List.of("lockstep-driver", "lockstep-submitter")) {
      for (PolicyRule rule :
          KubernetesManifests.read("rights.yaml", "Role", role, Role.class).getRules()) {
        assertThat(rule.getVerbs()).doesNotContain("*");
        assertThat(rule.getResources()).doesNotContain("*", "secrets", "pods/exec");
      }
    }
  }

  /**
   * Fields and words of the operator's v1beta2, and templates that are the files for spark-submit,
   * with the only names of containers by which the operator's webhook lets a pod in.
   */
  @Test
  void theSparkApplicationIsOneForTheOperator() throws IOException {
    JsonNode application = application();
    assertThat(application.path("apiVersion").asText()).isEqualTo("sparkoperator.k8s.io/v1beta2");
    assertThat(application.path("kind").asText()).isEqualTo("SparkApplication");
    JsonNode spec = application.path("spec");
    assertThat(names(spec))
        .containsExactlyInAnyOrder(
            "type",
            "mode",
            "sparkVersion",
            "image",
            "imagePullPolicy",
            "mainClass",
            "mainApplicationFile",
            "arguments",
            "sparkConf",
            "restartPolicy",
            "driver",
            "executor");
    assertThat(spec.path("type").asText()).isEqualTo("Java");
    assertThat(spec.path("mode").asText()).isEqualTo("cluster");
    assertThat(spec.path("image").asText()).isEqualTo(IMAGE);
    assertThat(spec.path("mainClass").asText()).isEqualTo("dev.lockstep.driver.cli.Main");
    assertThat(spec.path("mainApplicationFile").asText())
        .isEqualTo("local:///opt/lockstep/lib/" + TrainingProcess.jar().getFileName());
    assertThat(spec.path("arguments").toString()).contains("--resume").contains("--output");
    assertThat(names(spec.path("restartPolicy")))
        .containsExactlyInAnyOrder(
            "type",
            "onFailureRetries",
            "onFailureRetryInterval",
            "onSubmissionFailureRetries",
            "onSubmissionFailureRetryInterval");
    assertThat(spec.path("restartPolicy").path("type").asText()).isEqualTo("OnFailure");
    for (String field : names(spec.path("restartPolicy"))) {
      if (!field.equals("type")) {
        assertThat(spec.path("restartPolicy").path(field).isInt()).as(field).isTrue();
        assertThat(spec.path("restartPolicy").path(field).asInt()).as(field).isPositive();
      }
    }
    assertThat(spec.path("imagePullPolicy").asText()).isEqualTo("IfNotPresent");
    assertThat(spec.path("sparkVersion").isTextual()).isTrue();
    for (JsonNode value : spec.path("sparkConf")) {
      assertThat(value.isTextual()).as("sparkConf has texts only").isTrue();
    }
    for (String component : List.of("driver", "executor")) {
      JsonNode pod = spec.path(component);
      assertThat(pod.path("cores").isInt()).isTrue();
      assertThat(pod.path("memory").isTextual()).isTrue();
      KubernetesRules.checkTemplate(pod.path("template"));
      PodTemplateSpec template =
          KubernetesManifests.typed(pod.path("template"), PodTemplateSpec.class);
      assertThat(template.getSpec()).isEqualTo(template(component).getSpec());
      assertThat(template.getMetadata()).isEqualTo(template(component).getMetadata());
      assertThat(template.getSpec().getContainers())
          .singleElement()
          .satisfies(
              container ->
                  assertThat(container.getName()).isEqualTo("spark-kubernetes-" + component));
    }
    assertThat(names(spec.path("driver")))
        .containsExactlyInAnyOrder("cores", "memory", "serviceAccount", "template");
    assertThat(names(spec.path("executor")))
        .containsExactlyInAnyOrder("instances", "cores", "memory", "template");
  }

  @Test
  void theImageNeedsNoShellAndNoRoot() throws IOException {
    List<String> stage = KubernetesImage.lastStage(FOLDER.resolve("Dockerfile"));
    assertThat(stage.get(0)).isEqualTo("FROM ${JAVA}");
    assertThat(stage)
        .noneMatch(instruction -> instruction.startsWith("RUN") || instruction.startsWith("CMD"));
    Path distribution = Path.of("/distribution");
    KubernetesImage image = KubernetesImage.of(FOLDER.resolve("Dockerfile"), distribution);
    assertThat(image.user()).matches("[1-9][0-9]*:[1-9][0-9]*");
    assertThat(image.folder()).isEqualTo("/tmp");
    assertThat(image.entryPoint())
        .startsWith("/usr/bin/java")
        .endsWith("dev.lockstep.driver.container.EntryPoint");
    assertThat(image.copies().keySet())
        .containsExactly(
            "/usr/bin/chmod",
            "/usr/bin/rm",
            "/opt/lockstep/lib",
            "/opt/lockstep/spark/jars",
            "/opt/lockstep/conf");
    assertThat(image.copies().values())
        .contains(
            distribution.resolve("lib"),
            distribution.resolve("spark/jars"),
            distribution.resolve("conf"));
    assertThat(image.environment())
        .containsEntry("SPARK_HOME", "/opt/lockstep/spark")
        .containsEntry("SPARK_DIST_CLASSPATH", "/opt/lockstep/conf");
  }

  private static List<Path> yamlFiles() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  /** The settings of {@code spark/spark-defaults.conf}. */
  private static Map<String, String> settings() throws IOException {
    Properties properties = new Properties();
    properties.load(
        new StringReader(Files.readString(FOLDER.resolve("spark/spark-defaults.conf"))));
    Map<String, String> settings = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> settings.put(name, properties.getProperty(name).strip()));
    return settings;
  }

  private static JsonNode application() throws IOException {
    return KubernetesManifests.documents(FOLDER.resolve("spark-application.yaml")).get(0);
  }

  private static JsonNode application(String component) throws IOException {
    return application().path("spec").path(component).path("template");
  }

  private static Map<String, String> sparkConf() throws IOException {
    Map<String, String> settings = new TreeMap<>();
    application()
        .path("spec")
        .path("sparkConf")
        .properties()
        .forEach(setting -> settings.put(setting.getKey(), setting.getValue().asText()));
    return settings;
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Pod template(String component) throws IOException {
    return KubernetesManifests.typed(
        KubernetesManifests.documents(FOLDER.resolve("spark/" + component + "-pod.yaml")).get(0),
        Pod.class);
  }

  private static CronJob cronJob() throws IOException {
    return KubernetesManifests.read("cronjob.yaml", "CronJob", "lockstep-retrain", CronJob.class);
  }

  private static JobSpec job() throws IOException {
    return cronJob().getSpec().getJobTemplate().getSpec();
  }

  private static Container container() throws IOException {
    return job().getTemplate().getSpec().getContainers().get(0);
  }
}
