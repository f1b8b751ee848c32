package dev.lockstep.deploy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node of the cluster: runs the pods that it finds at the API server as containers, each with an
 * address of its own on the loopback interface, and tells the server how they are. In place of
 * cluster DNS, every container has the services in its {@code /etc/hosts}.
 */
final class KubernetesNode implements AutoCloseable {
  private static final long LOOK_MILLISECONDS = 100;
  private static final String ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final Pattern LABEL = Pattern.compile("metadata\\.labels\\['(.+)']");

  private final KubernetesServer server;
  private final KubernetesImage image;
  private final Path folder;
  private final Path claims;
  private final Map<String, KubernetesContainer> containers = new ConcurrentHashMap<>();
  private final Map<String, Pod> pods = new ConcurrentHashMap<>();
  private final Set<String> ended = ConcurrentHashMap.newKeySet();
  private final Queue<Exception> failed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger addresses = new AtomicInteger();
  private final Thread loop = new Thread(this::look, "node");
  private volatile boolean closed;

  /**
   * A node that begins to work.
   *
   * @param folder for everything of the pods
   * @param claims folders that stand for volume claims, by the names of these
   */
  KubernetesNode(KubernetesServer server, KubernetesImage image, Path folder, Path claims) {
    this.server = server;
    this.image = image;
    this.folder = folder;
    this.claims = claims;
    loop.start();
  }

  /** A pod as it was created, also where it is gone. */
  Pod pod(String name) {
    return pods.get(name);
  }

  /** All pods there were. */
  List<Pod> pods() {
    return List.copyOf(pods.values());
  }

  /** The container of a pod, or null before it runs. */
  KubernetesContainer container(String pod) {
    return containers.get(pod);
  }

  /**
   * Whether a pod's container has ended and the API server knows; fails where a pod could not run
   * or the node does not work any more.
   */
  boolean hasEnded(String pod) {
    if (!failed.isEmpty()) {
      throw new AssertionError(
          "the node could not do its work: " + failed.peek().getMessage(), failed.peek());
    }
    return ended.contains(pod);
  }

  /** What a pod has printed, empty before it runs. */
  String log(String pod) {
    KubernetesContainer container = containers.get(pod);
    return container == null ? "" : container.log();
  }

  private void look() {
    while (!closed) {
      try {
        List<Pod> now = server.client().pods().inAnyNamespace().list().getItems();
        for (Pod pod : now) {
          if (pods.putIfAbsent(pod.getMetadata().getName(), pod) == null) {
            run(pod);
          }
        }
        List<String> names = now.stream().map(pod -> pod.getMetadata().getName()).toList();
        containers.forEach(
            (name, container) -> {
              if (!names.contains(name)) {
                container.terminate();
              }
            });
        Thread.sleep(LOOK_MILLISECONDS);
      } catch (InterruptedException end) {
        return;
      } catch (RuntimeException failure) {
        if (!closed) {
          failed.add(failure);
        }
        return;
      }
    }
  }

  /** On a thread of its own, to the pod's end. */
  private void run(Pod pod) {
    String name = pod.getMetadata().getName();
    Thread thread =
        new Thread(
            () -> {
              try {
                String address = "127.0.1." + addresses.incrementAndGet();
                KubernetesContainer container = start(pod, address);
                containers.put(name, container);
                tell(pod, address, "Running", null);
                int code = container.awaitEnd();
                tell(pod, address, code == 0 ? "Succeeded" : "Failed", code);
                ended.add(name);
              } catch (IOException | InterruptedException | RuntimeException failure) {
                failed.add(failure);
              }
            },
            "pod " + name);
    thread.setDaemon(true);
    thread.start();
  }

  private KubernetesContainer start(Pod pod, String address)
      throws IOException, InterruptedException {
    Path own = folder.resolve(pod.getMetadata().getName());
    Container container = pod.getSpec().getContainers().get(0);
    List<KubernetesContainer.Mount> mounts = new ArrayList<>();
    for (VolumeMount mount : container.getVolumeMounts()) {
      for (Volume volume : pod.getSpec().getVolumes()) {
        if (volume.getName().equals(mount.getName())) {
          boolean readOnly = Boolean.TRUE.equals(mount.getReadOnly());
          mounts.add(
              new KubernetesContainer.Mount(
                  readOnly || volume.getConfigMap() != null ? "ro" : "rw",
                  folderOf(pod, own, volume).toString(),
                  mount.getMountPath()));
        }
      }
    }
    if (!Boolean.FALSE.equals(pod.getSpec().getAutomountServiceAccountToken())) {
      Path account = Files.createDirectories(own.resolve("account"));
      Files.writeString(account.resolve("token"), pod.getSpec().getServiceAccountName());
      Files.writeString(account.resolve("namespace"), pod.getMetadata().getNamespace());
      mounts.add(new KubernetesContainer.Mount("ro", account.toString(), ACCOUNT_FOLDER));
    }
    mounts.add(
        new KubernetesContainer.Mount(
            "file", KubernetesContainer.write(own, "hosts", hosts(pod, address)), "/etc/hosts"));
    return KubernetesContainer.start(
        pod.getMetadata().getName(),
        own.resolve("container"),
        image,
        mounts,
        environment(pod, container, address),
        container.getArgs());
  }

  private Path folderOf(Pod pod, Path own, Volume volume) throws IOException, InterruptedException {
    if (volume.getPersistentVolumeClaim() != null) {
      return Files.createDirectories(
          claims.resolve(volume.getPersistentVolumeClaim().getClaimName()));
    }
    Path target = Files.createDirectories(own.resolve("volumes").resolve(volume.getName()));
    if (volume.getConfigMap() != null) {
      String name = volume.getConfigMap().getName();
      // Spark creates a driver's pod first and its settings next.
      Waiting.until("there is the config map " + name, () -> configMap(pod, name) != null);
      Map<String, String> data = configMap(pod, name).getData();
      if (volume.getConfigMap().getItems().isEmpty()) {
        for (Map.Entry<String, String> file : data.entrySet()) {
          Files.writeString(target.resolve(file.getKey()), file.getValue());
        }
      }
      for (KeyToPath item : volume.getConfigMap().getItems()) {
        Files.writeString(target.resolve(item.getPath()), data.get(item.getKey()));
      }
    } else if (volume.getEmptyDir() == null) {
      throw new IOException("a volume of an unknown kind: " + volume);
    }
    return target;
  }

  private ConfigMap configMap(Pod pod, String name) {
    return server
        .client()
        .configMaps()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(name)
        .get();
  }

  /** The pod itself and the services that select a pod with an address. */
  private String hosts(Pod own, String address) {
    StringBuilder hosts = new StringBuilder("127.0.0.1 localhost\n");
    hosts.append(address).append(' ').append(own.getMetadata().getName()).append('\n');
    for (Service service : server.client().services().inAnyNamespace().list().getItems()) {
      Map<String, String> selector = service.getSpec().getSelector();
      for (Pod pod : server.client().pods().inAnyNamespace().list().getItems()) {
        if (pod.getStatus().getPodIP() != null
            && pod.getMetadata().getLabels().entrySet().containsAll(selector.entrySet())) {
          hosts
              .append(pod.getStatus().getPodIP())
              .append(' ')
              .append(service.getMetadata().getName())
              .append('.')
              .append(service.getMetadata().getNamespace())
              .append(".svc\n");
        }
      }
    }
    return hosts.toString();
  }

  private static Map<String, String> environment(Pod pod, Container container, String address)
      throws IOException {
    Map<String, String> environment = new LinkedHashMap<>();
    for (EnvVar variable : container.getEnv()) {
      environment.put(
          variable.getName(),
          variable.getValueFrom() == null
              ? String.valueOf(variable.getValue())
              : field(pod, variable.getValueFrom().getFieldRef().getFieldPath(), address));
    }
    return environment;
  }

  private static String field(Pod pod, String path, String address) throws IOException {
    Matcher label = LABEL.matcher(path);
    if (label.matches()) {
      return pod.getMetadata().getLabels().getOrDefault(label.group(1), "");
    }
    return switch (path) {
      case "status.podIP" -> address;
      case "metadata.name" -> pod.getMetadata().getName();
      default -> throw new IOException("an unknown field: " + path);
    };
  }

  /** Tells the API server; a pod that was deleted meanwhile is none any more. */
  private void tell(Pod pod, String address, String phase, Integer exitCode) {
    Container container = pod.getSpec().getContainers().get(0);
    String now = Instant.now().toString();
    ContainerState state =
        exitCode == null
            ? new ContainerStateBuilder().withNewRunning().withStartedAt(now).endRunning().build()
            : new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withReason(exitCode == 0 ? "Completed" : "Error")
                .withFinishedAt(now)
                .endTerminated()
                .build();
    var resource =
        server
            .client()
            .pods()
            .inNamespace(pod.getMetadata().getNamespace())
            .withName(pod.getMetadata().getName());
    if (resource.get() == null) {
      return;
    }
    resource.editStatus(
        current ->
            new PodBuilder(current)
                .withNewStatus()
                .withPhase(phase)
                .withPodIP(address)
                .withHostIP("127.0.0.1")
                .withStartTime(now)
                .addNewCondition()
                .withType("Ready")
                .withStatus(exitCode == null ? "True" : "False")
                .endCondition()
                .addNewContainerStatus()
                .withName(container.getName())
                .withImage(container.getImage())
                .withImageID(container.getImage())
                .withReady(exitCode == null)
                .withRestartCount(0)
                .withState(state)
                .endContainerStatus()
                .endStatus()
                .build());
  }

  @Override
  public void close() {
    closed = true;
    loop.interrupt();
    containers.values().forEach(KubernetesContainer::close);
  }
}
