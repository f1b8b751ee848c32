package dev.lockstep.deploy;

import java.io.File;
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
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own with what it prints in files. Closing it ends it and whatever it has started,
 * process by process; so does the end of the tests' JVM, should a test be broken off.
 */
final class JavaProcess implements AutoCloseable {
  /** The repository. */
  static final Path ROOT = Path.of(System.getProperty("lockstep.root"));

  /** The Spark that is tested with: the embedded one of this build, or that of another module. */
  static final Path SPARK = Path.of(System.getProperty("lockstep.spark"));

  /** JVM options of processes that share few cores; they change no bit. */
  static final String SMALL = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private static final Set<JavaProcess> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(JavaProcess::kill), "end of tests"));
  }

  private final Process process;
  private final Path out;
  private final Path err;

  private JavaProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts a JVM with the options that Spark needs.
   *
   * @param logs folder for {@code NAME.out} and {@code NAME.err}
   * @param options of the JVM, class path included
   * @param main the main class
   */
  static JavaProcess start(
      Path logs, String name, List<String> options, String main, List<String> arguments) {
    return start(logs, name, options, main, arguments, Map.of());
  }

  /**
   * As above, with more of an environment.
   *
   * @param environment variables beside those that lead to Spark
   */
  static JavaProcess start(
      Path logs,
      String name,
      List<String> options,
      String main,
      List<String> arguments,
      Map<String, String> environment) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("@" + ROOT.resolve("deploy/conf/jvm-options"));
    line.addAll(List.of(SMALL.split(" ")));
    line.addAll(options);
    line.add(main);
    line.addAll(arguments);
    Path out = logs.resolve(name + ".out");
    Path err = logs.resolve(name + ".err");
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_HOME", SPARK.toString());
    builder.environment().put("SPARK_SCALA_VERSION", scalaLine());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().putAll(environment);
    try {
      Files.createDirectories(logs);
      JavaProcess started = new JavaProcess(builder.start(), out, err);
      RUNNING.add(started);
      return started;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The option for Lockstep's log settings; without it Spark tells everything. */
  static String logSettings() {
    return "-Dlog4j2.configurationFile=" + ROOT.resolve("deploy/conf/log4j2.properties");
  }

  /** The jars of the embedded Spark as a class path. */
  static String sparkClassPath() {
    return SPARK.resolve("jars") + File.separator + "*";
  }

  /** Which Spark would find out from its own source tree. */
  private static String scalaLine() {
    String version = scala.util.Properties$.MODULE$.versionNumberString();
    return version.substring(0, version.lastIndexOf('.'));
  }

  /** Whether it still runs. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Its number. */
  long pid() {
    return process.pid();
  }

  /** Stops it with SIGSTOP: it is there and does nothing any more. */
  void stop() {
    Signal.send(process.toHandle(), "-STOP");
  }

  /** Asks it to end, with SIGTERM. */
  void terminate() {
    Signal.send(process.toHandle(), "-TERM");
  }

  /** Waits for its end and returns its exit code; fails where it takes longer. */
  int awaitEnd(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + seconds + " s\n" + errors());
    }
    return process.exitValue();
  }

  /** What it has printed as its result. */
  String output() {
    return read(out);
  }

  /** What it has printed as messages. */
  String errors() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Ends it and what it has started with SIGKILL, and waits for the ends. */
  void kill() {
    List<ProcessHandle> all = new ArrayList<>();
    all.add(process.toHandle());
    process.descendants().forEach(all::add);
    all.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle each : all) {
      each.onExit().join();
    }
    RUNNING.remove(this);
  }

  @Override
  public void close() {
    kill();
  }
}
