package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What every pod of ours keeps to: Kubernetes' pod security standard "restricted", a read-only root
 * file system with a volume wherever something is written, and bounds for what it takes.
 */
final class KubernetesRestrictions {
  /** Where Spark, Hadoop, Java and Lockstep write. */
  private static final Set<String> WRITTEN = Set.of("/tmp", "/var/data/spark");

  /** The same without Spark. */
  private static final Set<String> WRITTEN_WITHOUT_SPARK = Set.of("/tmp");

  private KubernetesRestrictions() {}

  /** Fails where a pod does not. */
  static void check(PodSpec pod) {
    check(pod, WRITTEN);
  }

  /** Fails where a pod that starts no Spark does not. */
  static void checkWithoutSpark(PodSpec pod) {
    check(pod, WRITTEN_WITHOUT_SPARK);
  }

  private static void check(PodSpec pod, Set<String> written) {
    PodSecurityContext security = pod.getSecurityContext();
    assertThat(security.getRunAsNonRoot()).isTrue();
    assertThat(security.getRunAsUser()).isEqualTo(65532);
    assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(pod.getHostNetwork()).isNotEqualTo(true);
    assertThat(pod.getHostPID()).isNotEqualTo(true);
    assertThat(pod.getHostIPC()).isNotEqualTo(true);
    assertThat(pod.getInitContainers()).isEmpty();
    assertThat(pod.getContainers()).hasSize(1);
    check(pod.getContainers().get(0));
    Map<String, Volume> volumes =
        pod.getVolumes().stream().collect(Collectors.toMap(Volume::getName, volume -> volume));
    Map<String, String> mounts =
        pod.getContainers().get(0).getVolumeMounts().stream()
            .collect(Collectors.toMap(VolumeMount::getMountPath, VolumeMount::getName));
    assertThat(mounts.keySet()).containsAll(written);
    for (String path : written) {
      assertThat(volumes.get(mounts.get(path)).getEmptyDir().getSizeLimit()).as(path).isNotNull();
    }
    assertThat(pod.getVolumes())
        .allSatisfy(
            volume -> {
              assertThat(volume.getHostPath()).isNull();
              assertThat(mounts).containsValue(volume.getName());
            });
  }

  private static void check(Container container) {
    SecurityContext security = container.getSecurityContext();
    assertThat(security.getAllowPrivilegeEscalation()).isFalse();
    assertThat(security.getReadOnlyRootFilesystem()).isTrue();
    assertThat(security.getPrivileged()).isNotEqualTo(true);
    assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(security.getCapabilities().getAdd()).isEmpty();
    assertThat(container.getCommand()).as("the image's entry point").isEmpty();
    assertThat(container.getResources().getLimits()).containsKey("ephemeral-storage");
  }
}
