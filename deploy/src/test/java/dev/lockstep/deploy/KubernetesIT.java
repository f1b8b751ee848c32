package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Training on Kubernetes with the manifests, templates, rights and image of {@code
 * deploy/kubernetes}: an API server that grants the accounts what their roles say, and containers
 * with the image's entry point, another user and a read-only root file system.
 */
@Tag("clusters")
final class KubernetesIT {
  private static final Path FOLDER = JavaProcess.ROOT.resolve("deploy/target/kubernetes");
  private static final Path DATA = FOLDER.resolve("claims/lockstep-data");
  private static final String DRIVER = "lockstep-driver";
  private static final String SUBMITTER = "lockstep-submitter";
  private static final String NAMESPACE = "lockstep";
  private static final String CONFIG = "/etc/lockstep/config/";

  /** So long ago that a run for today, or for the day of the schedule, would show elsewhere. */
  private static LocalDate day;

  private static String night;

  /** 256 bits, which Spark has made: there is none in the settings. */
  private static final String SECRET = "[0-9a-f]{64}";

  private static final int SHARDS = 7;
  private static final int DIGITS = 10;
  private static final long LIMIT_SECONDS = 1200;

  /** The unpacked archive: what the image is made of, and what submits. */
  private static Path distribution;

  private static KubernetesServer server;
  private static KubernetesNode node;

  @BeforeAll
  static void startCluster() throws Exception {
    KubernetesContainer.checkThatThereCanBeSome();
    day = LocalDate.now(ZoneOffset.UTC).minusDays(3);
    night = day.toString();
    Folders.clear(FOLDER);
    distribution = Archives.unpack(Archives.WITH_SPARK, FOLDER.resolve("archive"));
    server = new KubernetesServer();
    for (String account : List.of(DRIVER, SUBMITTER)) {
      server.allow(
          account, KubernetesManifests.read("rights.yaml", "Role", account, Role.class).getRules());
    }
    KubernetesImage image =
        KubernetesImage.of(KubernetesManifests.FOLDER.resolve("Dockerfile"), distribution);
    node = new KubernetesNode(server, image, FOLDER.resolve("pods"), FOLDER.resolve("claims"));
    settings();
    server
        .client()
        .configMaps()
        .resource(KubernetesManifests.configMap("lockstep-config"))
        .create();
    Files.createDirectories(DATA);
  }

  @AfterAll
  static void stopCluster() {
    if (node != null) {
      node.close();
    }
    if (server != null) {
      server.close();
    }
  }

  /** Settings and sizes for a machine with two cores; all else is as people get it. */
  private static void settings() throws IOException {
    StringBuilder small = new StringBuilder();
    Map<String, String> others =
        Map.of(
            "spark.master", "k8s://" + server.url(),
            "spark.executor.memory", "512m",
            "spark.executor.cores", "1",
            "spark.driver.memory", "512m");
    for (String line :
        Files.readAllLines(KubernetesManifests.FOLDER.resolve("spark/spark-defaults.conf"))) {
      String[] words = line.split(" +", 2);
      small.append(words[0]).append(' ');
      small.append(others.getOrDefault(words[0], words.length > 1 ? words[1] : "")).append('\n');
    }
    small.append("spark.ui.enabled false\n");
    Files.writeString(
        Files.createDirectories(FOLDER.resolve("conf")).resolve("spark-defaults.conf"), small);
    server
        .client()
        .configMaps()
        .resource(
            new ConfigMapBuilder(KubernetesManifests.configMap("lockstep-spark"))
                .addToData("spark-defaults.conf", small.toString())
                .build())
        .create();
  }

  /** Puts a configuration where drivers see it. */
  private static void configuration(String name, String yaml) {
    server
        .client()
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName("lockstep-config")
        .edit(map -> new ConfigMapBuilder(map).addToData(name, yaml).build());
  }

  @Test
  void anExecutorThatIsLostInClusterModeIsReplaced() throws Exception {
    String yaml = Runs.yaml("tree", SHARDS, 100);
    configuration("tree.yaml", yaml);
    List<String> command =
        List.of("train", CONFIG + "tree.yaml", "--no-progress", "--output", "/data/runs/tree");
    try (ScriptProcess submit = submit("tree", command)) {
      awaitStep("tree", "tree", 10);
      List<Pod> first = executors("tree");
      node.container(name(first.get(0))).kill();
      assertThat(end(submit)).isZero();
      assertThat(exitCode("tree")).as(node.log("tree")).isZero();
      assertThat(executors("tree")).as("executors").hasSize(first.size() + 1);
      assertThat(node.container(name(first.get(0))).awaitEnd()).isEqualTo(128 + 9);
      awaitTheUndisturbedResult("tree", yaml);
      assertThat(secret(executors("tree"))).matches(SECRET);
    }
    assertThat(server.refused()).isEmpty();
    assertThat(server.asked(DRIVER)).isEqualTo(verbs(DRIVER));
    assertThat(server.asked(SUBMITTER)).isEqualTo(verbs(SUBMITTER));
    restricted(node.pod("tree"));
    executors("tree").forEach(KubernetesIT::restricted);
  }

  /** What a job does whose pod is lost: another pod with the same command. */
  @Test
  void aDriverThatIsLostIsReplacedByAnotherThatGoesOn() throws Exception {
    String yaml = Runs.yaml("barrier", SHARDS, 400).replace("machines", "${RUN_DATE:-machines}");
    configuration("barrier.yaml", yaml);
    List<String> command =
        List.of(
            "train",
            CONFIG + "barrier.yaml",
            "--resume",
            "--no-progress",
            "--set",
            "training.checkpoint.everySteps=20",
            "--output",
            "/data/runs/$(RUN_DATE)");
    create("night-1", command);
    awaitStep("night-1", night, 60);
    List<Pod> executors = executors("night-1");
    node.container("night-1").kill();
    assertThat(exitCode("night-1")).isEqualTo(128 + 9);
    for (Pod executor : executors) {
      assertThat(executor.getMetadata().getOwnerReferences())
          .singleElement()
          .satisfies(owner -> assertThat(owner.getName()).isEqualTo("night-1"));
      // By itself, without its driver; the pod stays as long as the driver's, which owns it.
      Waiting.until(name(executor) + " has ended", () -> node.hasEnded(name(executor)));
    }

    create("night-2", command);
    assertThat(exitCode("night-2")).as(node.log("night-2")).isZero();
    assertThat(node.log("night-2")).contains("Resumed from checkpoint");
    awaitTheUndisturbedResult(night, yaml);
    assertThat(secret(executors)).matches(SECRET);
    assertThat(secret(executors("night-2"))).matches(SECRET).isNotEqualTo(secret(executors));
    assertThat(DATA.resolve("runs").resolve(night).resolve("config.yaml"))
        .content()
        .contains("name: \"" + night + "\"");
    assertThat(server.refused()).isEmpty();
    restricted(node.pod("night-2"));
    executors("night-2").forEach(KubernetesIT::restricted);
  }

  /** With the job's own command and the configuration that the manifests bring. */
  @Test
  void aNightRetrainsAndTheSameDayIsNotDecidedTwice() throws Exception {
    writeDigits("train/digits.csv", 1000, 1);
    writeDigits("holdout.csv", 300, 2);
    Path registry = DATA.resolve("models/digits");
    Path versions = registry.resolve("versions");
    LocalDate next = day.plusDays(1);

    retrain("night", day);
    JsonNode published = decision(day);
    assertThat(published.path("decision").asText()).isEqualTo("published");
    assertThat(published.path("runDate").asText()).isEqualTo(night);
    assertThat(published.path("challenger").path("version").asInt()).isEqualTo(1);
    assertThat(published.path("challenger").path("metrics").path("accuracy").asDouble())
        .isEqualTo(1.0);
    String champion = Files.readString(registry.resolve("champion.json"));

    retrain("same-day", day);
    assertThat(decision(day).path("decision").asText()).isEqualTo("alreadyDone");
    assertThat(decision(day).path("decidedBefore").asText()).isEqualTo("published");

    // Nothing is better than no mistake.
    retrain("next-night", next);
    assertThat(decision(next).path("decision").asText()).isEqualTo("kept");
    assertThat(decision(next).path("champion").path("version").asInt()).isEqualTo(1);
    assertThat(node.log("next-night"))
        .contains("exit code 5 is told as 0, since LOCKSTEP_SUCCESS_CODES has it.");
    for (String file : List.of(night, next.toString())) {
      assertThat(registry.resolve("decisions").resolve(file + ".json")).exists();
    }
    assertThat(versions).isDirectoryContaining("glob:**/v000001");
    assertThat(versions.resolve("v000002")).doesNotExist();
    assertThat(registry.resolve("champion.json")).hasContent(champion);
    server.client().pods().resource(registry("registry-1")).create();
    assertThat(exitCode("registry-1")).as(node.log("registry-1")).isZero();
    assertThat(node.log("registry-1")).containsPattern("v000001 +champion .*" + night);
    assertThat(server.refused()).isEmpty();
    restricted(node.pod("night"));
    executors("night").forEach(KubernetesIT::restricted);
  }

  /** The job of a day, to its good end. */
  private static void retrain(String pod, LocalDate day) throws Exception {
    server.client().pods().resource(nightly(pod, day)).create();
    assertThat(exitCode(pod)).as(node.log(pod)).isZero();
  }

  private static JsonNode decision(LocalDate day) throws IOException {
    return new ObjectMapper()
        .readTree(DATA.resolve("runs/retrain-" + day + "/decision.json").toFile());
  }

  /** Rows that can be told apart without a mistake. */
  private static void writeDigits(String file, int rows, long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int pixel = 0; pixel < DIGITS; pixel++) {
      text.append('p').append(pixel).append(',');
    }
    text.append("digit\n");
    for (int row = 0; row < rows; row++) {
      int digit = row % DIGITS;
      for (int pixel = 0; pixel < DIGITS; pixel++) {
        double value = (pixel == digit ? 9 : 0) + random.nextDouble();
        text.append(String.format(Locale.ROOT, "%.3f,", value));
      }
      text.append(digit).append('\n');
    }
    Path target = DATA.resolve("digits").resolve(file);
    Files.createDirectories(target.getParent());
    Files.writeString(target, text);
  }

  @Test
  void exitCodesReachKubernetes() throws Exception {
    configuration("typo.yaml", Runs.yaml("tree", SHARDS, 50).replace("shards:", "shrads:"));
    List<String> command = List.of("train", CONFIG + "typo.yaml", "--output", "/data/runs/typo");
    try (ScriptProcess submit = submit("typo-cluster", command)) {
      create("typo-client", command);
      assertThat(exitCode("typo-client")).isEqualTo(2);
      assertThat(node.log("typo-client")).contains("training.shrads");
      assertThat(exitCode("typo-cluster")).isEqualTo(2);
      // What whoever submits in cluster mode is told is no result: hence the job's own pod.
      assertThat(end(submit)).isZero();
    }
  }

  /** As when a node is drained; also what a container may do, seen from outside. */
  @Test
  void aTerminationReachesTheRun() throws Exception {
    configuration("long.yaml", Runs.yaml("local", SHARDS, 1_000_000));
    create(
        "terminated",
        List.of(
            "train",
            CONFIG + "long.yaml",
            "--master",
            "local[1]",
            "--no-progress",
            "--output",
            "/data/runs/long"));
    awaitStep("terminated", "long", 1);
    ProcessHandle entryPoint = node.container("terminated").first();
    ProcessHandle driver = entryPoint.children().findFirst().orElseThrow();
    for (ProcessHandle process : List.of(entryPoint, driver)) {
      confined(process.pid());
    }
    node.container("terminated").terminate();
    assertThat(exitCode("terminated")).as(node.log("terminated")).isEqualTo(128 + 15);
    assertThat(summary("long").path("status").asText()).isEqualTo("interrupted");
  }

  /** Else a test would wait for something else until its time is up, and say so. */
  @Test
  void aNodeThatCannotAskTheServerIsNotWaitedFor() {
    KubernetesServer gone = new KubernetesServer();
    gone.close();
    Path folder = FOLDER.resolve("gone");
    try (KubernetesNode alone = new KubernetesNode(gone, null, folder, folder)) {
      assertThatThrownBy(() -> Waiting.until("a pod has ended", () -> alone.hasEnded("pod")))
          .isInstanceOf(AssertionError.class)
          .hasMessageStartingWith("the node could not do its work");
    }
  }

  /** By what the kernel says of a process: no root, no capability, no way to get one, no shell. */
  private static void confined(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    assertThat(process.resolve("status"))
        .content()
        .contains("CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1");
    assertThat(Files.readString(process.resolve("uid_map")).strip().split(" +", -1)[0])
        .isEqualTo("65532");
    for (String shell : List.of("bin/sh", "bin/bash", "usr/bin/sh", "usr/bin/bash")) {
      assertThat(process.resolve("root").resolve(shell)).doesNotExist();
    }
    Set<String> writable = new TreeSet<>();
    for (String line : Files.readAllLines(process.resolve("mountinfo"))) {
      String[] words = line.split(" ", -1);
      if (words[5].startsWith("rw") && !words[4].startsWith("/dev/") && !words[4].equals("/proc")) {
        writable.add(words[4]);
      }
    }
    assertThat(writable).containsExactly("/data", "/tmp", "/var/data/spark");
  }

  /** Submits in cluster mode, with the templates, and watches to the end. */
  private static ScriptProcess submit(String pod, List<String> command) throws IOException {
    Path spark = KubernetesManifests.FOLDER.resolve("spark");
    List<String> arguments = new ArrayList<>(command);
    arguments.addAll(List.of("--master", "k8s://" + server.url(), "--deploy-mode", "cluster"));
    Map<String, Object> settings =
        Map.of(
            "spark.kubernetes.driver.pod.name", pod,
            "spark.kubernetes.driver.podTemplateFile", spark.resolve("driver-pod.yaml"),
            "spark.kubernetes.executor.podTemplateFile", spark.resolve("executor-pod.yaml"),
            "spark.kubernetes.driver.master", server.url(),
            "spark.kubernetes.authenticate.submission.oauthToken", SUBMITTER);
    settings.forEach((key, value) -> arguments.addAll(List.of("--conf", key + "=" + value)));
    return ScriptProcess.start(
        FOLDER,
        Map.of(
            "SPARK_CONF_DIR", FOLDER.resolve("conf").toString(), "LOCKSTEP_DRIVER_MEMORY", "512m"),
        distribution.resolve("bin/lockstep"),
        arguments);
  }

  /** What whoever submits is told. */
  private static int end(ScriptProcess submit) throws InterruptedException {
    assertThat(submit.process().waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("ends").isTrue();
    return submit.process().exitValue();
  }

  /** Creates the pod of the nightly job, with another command. */
  private static void create(String name, List<String> command) throws IOException {
    Pod pod =
        new PodBuilder(nightly(name, day))
            .editSpec()
            .editFirstContainer()
            .withArgs(command)
            .endContainer()
            .endSpec()
            .build();
    server.client().pods().resource(pod).create();
  }

  /** The pod of the nightly job, as its controller makes it in the night after a day. */
  private static Pod nightly(String name, LocalDate day) throws IOException {
    // Named by a CronJob after the minute of its schedule, counted from 1970.
    long minute = day.plusDays(1).atTime(2, 15).toEpochSecond(ZoneOffset.UTC) / 60;
    String job = "lockstep-retrain-" + minute;
    var template =
        KubernetesManifests.read("cronjob.yaml", "CronJob", "lockstep-retrain", CronJob.class)
            .getSpec()
            .getJobTemplate()
            .getSpec()
            .getTemplate();
    return new PodBuilder()
        .withMetadata(template.getMetadata())
        .editMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .addToLabels("batch.kubernetes.io/job-name", job)
        .endMetadata()
        .withSpec(template.getSpec())
        .build();
  }

  /** The pod of the job that looks after the registry. */
  private static Pod registry(String name) throws IOException {
    PodTemplateSpec template = KubernetesManifests.registryJob().getSpec().getTemplate();
    return new PodBuilder()
        .withMetadata(template.getMetadata())
        .editMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withSpec(template.getSpec())
        .build();
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  /** All executors that a driver has had. */
  private static List<Pod> executors(String driver) {
    return node.pods().stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .anyMatch(owner -> owner.getName().equals(driver)))
        .filter(pod -> "executor".equals(pod.getMetadata().getLabels().get("spark-role")))
        .toList();
  }

  /** What Spark has a driver's executors know it by, the same for all of them. */
  private static String secret(List<Pod> executors) {
    Set<String> secrets = new TreeSet<>();
    for (Pod executor : executors) {
      for (EnvVar variable : executor.getSpec().getContainers().get(0).getEnv()) {
        if (variable.getName().equals("_SPARK_AUTH_SECRET")) {
          secrets.add(variable.getValue());
        }
      }
    }
    assertThat(secrets).hasSize(1);
    return secrets.iterator().next();
  }

  private static void awaitStep(String driver, String run, long step) throws InterruptedException {
    Path metrics = DATA.resolve("runs").resolve(run).resolve("metrics.jsonl");
    Waiting.until(
        "step " + step + " is done",
        () -> {
          if (node.hasEnded(driver)) {
            throw new AssertionError(driver + " ended\n" + node.log(driver));
          }
          return TrainingProcess.lastStep(metrics) >= step;
        });
  }

  /** Waits for a pod's end and returns its container's exit code, as Kubernetes has it. */
  private static int exitCode(String name) throws InterruptedException {
    Waiting.until("pod " + name + " has ended", LIMIT_SECONDS, () -> node.hasEnded(name));
    Pod pod = server.client().pods().inNamespace(NAMESPACE).withName(name).get();
    return pod.getStatus().getContainerStatuses().get(0).getState().getTerminated().getExitCode();
  }

  private static JsonNode summary(String run) throws IOException {
    return new ObjectMapper()
        .readTree(DATA.resolve("runs").resolve(run).resolve("summary.json").toFile());
  }

  private static void awaitTheUndisturbedResult(String run, String yaml) throws IOException {
    JsonNode summary = summary(run);
    assertThat(summary.path("status").asText()).isEqualTo("completed");
    assertThat(summary.path("blas").asText()).startsWith("OpenBLAS");
    long steps = summary.path("steps").asLong();
    assertThat(TrainingProcess.steps(DATA.resolve("runs").resolve(run).resolve("metrics.jsonl")))
        .isEqualTo(LongStream.rangeClosed(1, steps).boxed().toList());
    assertThat(summary.path("parametersSha256").asText())
        .isEqualTo(Runs.undisturbed(FOLDER.resolve(run), yaml));
  }

  /** What a role allows, in the words of {@link KubernetesServer#asked}. */
  private static Set<String> verbs(String role) throws IOException {
    Set<String> verbs = new TreeSet<>();
    KubernetesManifests.read("rights.yaml", "Role", role, Role.class)
        .getRules()
        .forEach(
            rule ->
                rule.getResources()
                    .forEach(
                        resource ->
                            rule.getVerbs().forEach(verb -> verbs.add(verb + " " + resource))));
    return verbs;
  }

  /** The rules of Kubernetes' standard "restricted", and ours, for a pod as Spark has made it. */
  private static void restricted(Pod pod) {
    KubernetesRestrictions.check(pod.getSpec());
    boolean driver = !"executor".equals(pod.getMetadata().getLabels().get("spark-role"));
    PodSpec spec = pod.getSpec();
    Container container = spec.getContainers().get(0);
    assertThat(pod.getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/name", "lockstep")
        .containsEntry("app.kubernetes.io/component", driver ? "driver" : "executor");
    assertThat(container.getImage()).isEqualTo("registry.example.com/lockstep:0.1.0");
    if (driver) {
      assertThat(spec.getServiceAccountName()).isEqualTo(DRIVER);
    } else {
      assertThat(spec.getAutomountServiceAccountToken()).isFalse();
      assertThat(spec.getServiceAccountName()).isEqualTo("default");
    }
  }
}
