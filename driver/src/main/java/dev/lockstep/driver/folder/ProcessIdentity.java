package dev.lockstep.driver.folder;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Tells one process from every other, also after its number was given away again, the machine was
 * started again, or its container was.
 *
 * @param host name of the machine or container
 * @param bootId of the machine since it was last started; null where the system has none
 * @param pidNamespace what the process number counts in; containers of one machine have several.
 *     Null where the system has none
 * @param pid its number
 * @param start when it was started, in the system's own terms: to be compared, not to be read
 */
public record ProcessIdentity(
    String host, String bootId, String pidNamespace, long pid, String start) {
  /** What Linux tells of processes. */
  private static final Path PROC = Path.of("/proc");

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
  private static final Path PID_NAMESPACE = Path.of("/proc/self/ns/pid");

  /** What can be told about another process. */
  enum Verdict {
    /** It runs on this machine. */
    ALIVE,
    /** It ran on this machine and is gone. */
    DEAD,
    /** It is, or was, out of sight. */
    UNKNOWN
  }

  /** The process that asks. */
  static ProcessIdentity current() {
    long pid = ProcessHandle.current().pid();
    return new ProcessIdentity(
        hostName(), line(BOOT_ID).orElse(null), pidNamespaceHere(), pid, startOf(pid).orElse(""));
  }

  /**
   * What {@code here}, this process, sees of this one.
   *
   * @param sameUser whether both belong to one user, who sees all processes of his own
   */
  Verdict seenFrom(ProcessIdentity here, boolean sameUser) {
    return seenFrom(here, sameUser, PROC);
  }

  /** As above, by what a folder tells as {@code /proc} does. */
  Verdict seenFrom(ProcessIdentity here, boolean sameUser, Path proc) {
    if (!host.equals(here.host)
        || !Objects.equals(bootId, here.bootId)
        || !Objects.equals(pidNamespace, here.pidNamespace)) {
      return Verdict.UNKNOWN;
    }
    if (bootId == null) {
      // Names of machines are not unique. Only with an identity of its own it is surely this one.
      return startOf(pid).filter(start::equals).isPresent() ? Verdict.ALIVE : Verdict.UNKNOWN;
    }
    try {
      boolean runs = startTicks(read(stat(proc, pid))).filter(start::equals).isPresent();
      return runs ? Verdict.ALIVE : Verdict.DEAD;
    } catch (NoSuchFileException none) {
      // With hidepid a machine shows nobody the processes of others; the first one is root's.
      return sameUser || line(stat(proc, 1)).isPresent() ? Verdict.DEAD : Verdict.UNKNOWN;
    } catch (IOException unreadable) {
      return Verdict.UNKNOWN;
    }
  }

  private static Path stat(Path proc, long pid) {
    return proc.resolve(pid + "/stat");
  }

  /** When the process of this number was started; empty where there is none that is seen. */
  private static Optional<String> startOf(long pid) {
    if (Files.exists(HOST)) {
      return line(stat(PROC, pid)).flatMap(ProcessIdentity::startTicks);
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .flatMap(process -> process.info().startInstant())
        .map(Instant::toString);
  }

  /**
   * Start of a process by Linux's {@code stat} line, in ticks since the machine was started: unlike
   * a time of day it stays what it is when the clock is set. Empty for a process that has ended and
   * that nobody has asked about.
   */
  static Optional<String> startTicks(String stat) {
    // pid (name) state ...: the name may hold anything, parentheses too.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" +", -1);
    boolean ended = fields[0].equals("Z") || fields[0].equals("X");
    return ended || fields.length < 20 ? Optional.empty() : Optional.of(fields[19]);
  }

  private static String hostName() {
    return line(HOST)
        .orElseGet(
            () -> {
              try {
                return InetAddress.getLocalHost().getHostName();
              } catch (IOException nameless) {
                return "unknown";
              }
            });
  }

  private static String pidNamespaceHere() {
    try {
      return Files.readSymbolicLink(PID_NAMESPACE).toString();
    } catch (IOException | UnsupportedOperationException none) {
      return null;
    }
  }

  private static Optional<String> line(Path file) {
    try {
      return Optional.of(read(file));
    } catch (IOException none) {
      return Optional.empty();
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
  }
}
