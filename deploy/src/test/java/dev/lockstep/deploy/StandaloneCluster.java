package dev.lockstep.deploy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A master and two workers of one core each, as processes on addresses of their own on the loopback
 * interface, at ports that were free.
 */
final class StandaloneCluster implements AutoCloseable {
  /** Machines as far as Spark can see, which starts no copy of a task where the first one is. */
  private static final List<String> WORKERS = List.of("127.0.0.2", "127.0.0.3");

  private static final Pattern URL = Pattern.compile("Starting Spark master at (spark://\\S+)");

  private final List<JavaProcess> processes = new ArrayList<>();
  private final Path logs;
  private String url;

  private StandaloneCluster(Path logs) {
    this.logs = logs;
  }

  /**
   * Starts one and waits until the workers have registered.
   *
   * @param logs folder for what they print and for the executors' folders, emptied before
   */
  static StandaloneCluster start(Path logs) throws IOException, InterruptedException {
    StandaloneCluster cluster = new StandaloneCluster(logs);
    try {
      Folders.clear(logs);
      cluster.start();
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException | Error failure) {
      cluster.close();
      throw failure;
    }
  }

  private void start() throws InterruptedException {
    JavaProcess master =
        launch("master", "org.apache.spark.deploy.master.Master", "127.0.0.1", List.of());
    Waiting.until("the master listens", () -> URL.matcher(master.errors()).find());
    Matcher told = URL.matcher(master.errors());
    if (told.find()) {
      url = told.group(1);
    }
    for (String host : WORKERS) {
      Path folder = logs.resolve("worker-" + host);
      launch(
          "worker-" + host,
          "org.apache.spark.deploy.worker.Worker",
          host,
          List.of("--cores", "1", "--memory", "1g", "--work-dir", folder.toString(), url));
    }
    Waiting.until(
        "the workers have registered",
        () -> master.errors().split("Registering worker", -1).length > WORKERS.size());
  }

  private JavaProcess launch(String name, String main, String host, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of("--host", host, "--port", "0", "--webui-port", "0"));
    all.addAll(arguments);
    List<String> options = List.of("-Xmx256m", "-cp", JavaProcess.sparkClassPath());
    JavaProcess started = JavaProcess.start(logs, name, options, main, all);
    processes.add(started);
    return started;
  }

  /** The master's URL. */
  String url() {
    return url;
  }

  /** Ends some workers and their executors with SIGKILL; no others take their places. */
  void loseWorkers(int count) {
    for (int worker = 1; worker <= count; worker++) {
      processes.get(worker).kill();
    }
  }

  @Override
  public void close() {
    processes.forEach(JavaProcess::close);
  }
}
