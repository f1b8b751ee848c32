package dev.lockstep.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A container, in namespaces of its own: a root file system that is read-only, another user without
 * any capability, no shell, and processes that end with the first one. The network is this
 * machine's.
 */
final class KubernetesContainer implements AutoCloseable {
  private static final String SCRIPT = "kubernetes-container.sh";
  private static final int SIGNALED = 128;
  private static final int SIGKILL = 9;
  private static final Set<KubernetesContainer> RUNNING = ConcurrentHashMap.newKeySet();

  /**
   * Root of new namespaces, which needs no right here; the first process of the container is
   * forked. It ends with {@code unshare}, and that with the thread that starts it: also where this
   * JVM is killed.
   */
  private static final List<String> NAMESPACES =
      List.of(
          "/usr/bin/setpriv",
          "--pdeathsig=KILL",
          "/usr/bin/unshare",
          "--user",
          "--map-root-user",
          "--mount",
          "--uts",
          "--pid",
          "--fork",
          "--kill-child=KILL");

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> RUNNING.forEach(KubernetesContainer::close), "end of containers"));
  }

  /**
   * Something to show in a container.
   *
   * @param mode {@code ro} or {@code rw} for what stays in its place here, {@code file} for a copy,
   *     {@code link} for a symbolic link
   * @param from here
   * @param to in the container
   */
  record Mount(String mode, String from, String to) {}

  private final Process process;
  private final Path log;
  private volatile boolean killed;

  private KubernetesContainer(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Fails, saying why, on a machine where nobody but root may make namespaces, or no program. */
  static void checkThatThereCanBeSome() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(NAMESPACES);
    command.addAll(List.of("/bin/mount", "-t", "tmpfs", "probe", "/mnt"));
    Process probe = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (probe.waitFor() != 0) {
      throw new AssertionError(
          "The pods of these tests need user namespaces with mounts in them, which this machine or"
              + " the container around it does not allow (sysctl user.max_user_namespaces,"
              + " kernel.apparmor_restrict_unprivileged_userns, a seccomp profile): "
              + String.join(" ", command)
              + " said: "
              + said);
    }
  }

  /**
   * Starts a container, which ends at the latest with the thread that calls this.
   *
   * @param name of the host that it believes to be
   * @param folder for its files, which must not exist yet: {@code log} has what it prints
   * @param mounts beside the image's own
   * @param environment beside the image's own
   * @param arguments of the image's entry point
   */
  static KubernetesContainer start(
      String name,
      Path folder,
      KubernetesImage image,
      List<Mount> mounts,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException {
    Files.createDirectories(folder);
    Path root = Files.createDirectory(folder.resolve("root"));
    Path list = folder.resolve("mounts");
    Files.write(list, lines(folder, image, mounts));
    String user = image.user().replaceAll(":.*", "");
    List<String> command = new ArrayList<>();
    command.addAll(NAMESPACES);
    command.addAll(List.of("/bin/bash", script(folder).toString()));
    command.addAll(List.of(root.toString(), list.toString(), image.folder(), user, name));
    command.addAll(image.entryPoint());
    command.addAll(arguments);
    Path log = folder.resolve("log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().clear();
    builder.environment().putAll(image.environment());
    builder.environment().put("JAVA_TOOL_OPTIONS", JavaProcess.SMALL);
    builder.environment().putAll(environment);
    KubernetesContainer container = new KubernetesContainer(builder.start(), log);
    RUNNING.add(container);
    return container;
  }

  private static List<String> lines(Path folder, KubernetesImage image, List<Mount> mounts)
      throws IOException {
    String java = System.getProperty("java.home");
    String user = image.user().replaceAll(":.*", "");
    List<Mount> all = new ArrayList<>();
    all.add(new Mount("file", write(folder, "passwd", passwd(user)), "/etc/passwd"));
    all.add(new Mount("file", write(folder, "group", "nonroot:x:" + user + ":\n"), "/etc/group"));
    if (!java.startsWith("/usr/lib/")) {
      all.add(new Mount("ro", java, java));
    }
    all.add(new Mount("link", java + "/bin/java", "/usr/bin/java"));
    image.copies().forEach((to, from) -> all.add(new Mount("ro", from.toString(), to)));
    all.addAll(mounts);
    return all.stream().map(each -> each.mode() + " " + each.from() + " " + each.to()).toList();
  }

  private static String passwd(String user) {
    return "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:%1$s:%1$s:nonroot:/home/nonroot:/sbin/nologin\n"
        .formatted(user);
  }

  /** Writes a file for a container and returns its path here. */
  static String write(Path folder, String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text).toString();
  }

  private static Path script(Path folder) throws IOException {
    Path script = folder.resolve(SCRIPT);
    try (var resource = KubernetesContainer.class.getResourceAsStream(SCRIPT)) {
      Files.write(script, resource.readAllBytes());
    }
    return script;
  }

  /** Tells the first process of the container to end, as a kubelet does before it gets serious. */
  void terminate() {
    first().destroy();
  }

  /** Ends the first process of the container with SIGKILL, and so all others in it. */
  void kill() {
    killed = true;
    first().destroyForcibly();
  }

  /** The first process of the container. */
  ProcessHandle first() {
    return process.children().findFirst().orElse(process.toHandle());
  }

  /** Waits for the end and returns the exit code; 128 and the signal's number after a signal. */
  int awaitEnd() throws InterruptedException {
    int code = process.waitFor();
    RUNNING.remove(this);
    // The program that made the namespaces cannot end by SIGKILL as its child did.
    return killed ? SIGNALED + SIGKILL : code;
  }

  /** All it has printed so far. */
  String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(each -> each.onExit().join());
    RUNNING.remove(this);
  }
}
