package dev.lockstep.deploy;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;

/**
 * HDFS and YARN in a process of their own, started by the first test that asks and shared by all;
 * they end with the tests' JVM.
 */
final class HadoopCluster {
  private static final java.nio.file.Path FOLDER = logs("hadoop");

  /** To start all of it on a machine that others use too. */
  private static final long LIMIT_SECONDS = 300;

  private static HadoopCluster running;

  private final FileSystem files;
  private final YarnClient resourceManager;

  private HadoopCluster(Configuration settings) throws IOException {
    files = FileSystem.get(settings);
    resourceManager = YarnClient.createYarnClient();
    resourceManager.init(new YarnConfiguration(settings));
    resourceManager.start();
  }

  /** The cluster, which runs. */
  static synchronized HadoopCluster get() throws IOException, InterruptedException {
    if (running == null) {
      running = start();
    }
    return running;
  }

  private static HadoopCluster start() throws IOException, InterruptedException {
    Folders.clear(FOLDER);
    JavaProcess process =
        JavaProcess.start(
            FOLDER,
            "hadoop",
            List.of(
                "-Xmx768m",
                JavaProcess.logSettings(),
                "-Dtest.build.data=" + FOLDER.resolve("containers"),
                "-cp",
                System.getProperty("java.class.path")),
            HadoopProgram.class.getName(),
            List.of(FOLDER.toString()));
    Waiting.until(
        "HDFS and YARN are ready",
        LIMIT_SECONDS,
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("HDFS and YARN ended\n" + process.errors());
          }
          return process.output().contains(HadoopProgram.READY);
        });
    Configuration settings = new Configuration();
    for (String file : List.of("core-site.xml", "hdfs-site.xml", "yarn-site.xml")) {
      settings.addResource(new Path(conf().resolve(file).toUri()));
    }
    return new HadoopCluster(settings);
  }

  /** A folder for what processes print. */
  static java.nio.file.Path logs(String name) {
    return JavaProcess.ROOT.resolve("deploy/yarn/target").resolve(name);
  }

  private static java.nio.file.Path conf() {
    return FOLDER.resolve("conf");
  }

  /**
   * Starts a program that finds Spark, HDFS and YARN as on a machine that is set up for them.
   *
   * @param logs folder for {@code NAME.out} and {@code NAME.err}
   */
  JavaProcess launch(
      java.nio.file.Path logs, String name, String classPath, String main, List<String> arguments) {
    return JavaProcess.start(
        logs,
        name,
        List.of(
            "-Xmx512m",
            JavaProcess.logSettings(),
            "-cp",
            String.join(
                File.pathSeparator, classPath, conf().toString(), JavaProcess.sparkClassPath())),
        main,
        arguments,
        Map.of("HADOOP_CONF_DIR", conf().toString()));
  }

  /** Hadoop's settings for clients. */
  Configuration settings() {
    return files.getConf();
  }

  /** The whole URI of a path on HDFS. */
  String uri(String path) {
    return files.makeQualified(new Path(path)).toString();
  }

  /** Writes a file. */
  void write(String path, String text) throws IOException {
    try (var output = files.create(new Path(path), true)) {
      output.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Reads a file as far as it is there, also while it is written; empty where there is none. */
  String read(String path) {
    try (InputStream input = files.open(new Path(path))) {
      return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException none) {
      return "";
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The names of what is in a folder, sorted. */
  List<String> names(String folder) throws IOException {
    return Arrays.stream(files.listStatus(new Path(folder)))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .sorted()
        .toList();
  }

  /** Brings a folder to this machine. */
  void fetch(String folder, java.nio.file.Path target) throws IOException {
    Files.createDirectories(target.getParent());
    files.copyToLocalFile(false, new Path(folder), new Path(target.toUri()), true);
  }

  /** What the resource manager says of the application with a tag; null where it knows none. */
  ApplicationReport application(String tag) {
    try {
      List<ApplicationReport> found =
          resourceManager.getApplications(null, null, null).stream()
              .filter(report -> report.getApplicationTags().equals(Set.of(tag)))
              .toList();
      return found.isEmpty() ? null : found.get(0);
    } catch (YarnException failure) {
      throw new IllegalStateException(failure);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
