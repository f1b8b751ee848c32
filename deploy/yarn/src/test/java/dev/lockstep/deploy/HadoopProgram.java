package dev.lockstep.deploy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.client.HdfsClientConfigKeys;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * A name node, a data node, a resource manager and two node managers in one process. It leaves what
 * their clients need in the folder {@code conf}, says {@value #READY}, and ends when its input
 * does: with whoever has started it. Argument: a folder for all of its files.
 */
final class HadoopProgram {
  /** What it prints once everything runs. */
  static final String READY = "HDFS and YARN are ready";

  private static final int NODES = 2;
  private static final int NODE_MEGABYTES = 4096;
  private static final int NODE_CORES = 4;
  private static final int CONNECT_MILLISECONDS = 60_000;

  private HadoopProgram() {}

  /** Runs until the end of the input. */
  public static void main(String[] arguments) throws Exception {
    Path base = Path.of(arguments[0]);
    YarnConfiguration configuration = configuration(base);
    try (MiniDFSCluster files = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build()) {
      files.waitActive();
      configuration.set("fs.defaultFS", files.getURI().toString());
      try (MiniYARNCluster machines = new MiniYARNCluster("machines", NODES, 1, 1)) {
        machines.init(configuration);
        machines.start();
        if (!machines.waitForNodeManagersToConnect(CONNECT_MILLISECONDS)) {
          throw new IllegalStateException("the node managers did not connect");
        }
        writeClientSettings(base.resolve("conf"), machines.getConfig());
        System.out.println(READY);
        while (System.in.read() >= 0) {
          // Nothing is said to it.
        }
      }
    }
    System.exit(0);
  }

  private static YarnConfiguration configuration(Path base) {
    YarnConfiguration configuration = new YarnConfiguration();
    configuration.set("hadoop.tmp.dir", base.resolve("tmp").toString());
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, base.resolve("hdfs").toString());
    configuration.setInt("dfs.replication", 1);
    configuration.setInt(YarnConfiguration.NM_PMEM_MB, NODE_MEGABYTES);
    configuration.setInt(YarnConfiguration.NM_VCORES, NODE_CORES);
    configuration.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 128);
    configuration.set("yarn.scheduler.capacity.root.queues", "default");
    configuration.set("yarn.scheduler.capacity.root.default.capacity", "100");
    configuration.set("yarn.scheduler.capacity.maximum-am-resource-percent", "0.9");
    configuration.setInt(YarnConfiguration.RM_NM_HEARTBEAT_INTERVAL_MS, 100);
    // Of a machine that others use too, also its disk, nothing is expected.
    configuration.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, false);
    configuration.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    configuration.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 99.9f);
    // What containers print is kept for whoever looks into a test that failed.
    configuration.setInt(YarnConfiguration.DEBUG_NM_DELETE_DELAY_SEC, 3600);
    return configuration;
  }

  /** The files that {@code HADOOP_CONF_DIR} is to lead to. */
  private static void writeClientSettings(Path folder, Configuration all) throws IOException {
    Files.createDirectories(folder);
    Configuration core = new Configuration(false);
    core.set("fs.defaultFS", all.get("fs.defaultFS"));
    write(folder.resolve("core-site.xml"), core);
    Configuration hdfs = new Configuration(false);
    hdfs.set("dfs.replication", "1");
    // Where few cores have all of it to do, a data node is late with its report, and clients wait.
    hdfs.set(HdfsClientConfigKeys.BlockWrite.LOCATEFOLLOWINGBLOCK_INITIAL_DELAY_MS_KEY, "20");
    write(folder.resolve("hdfs-site.xml"), hdfs);
    Configuration yarn = new Configuration(false);
    for (String key :
        new String[] {
          YarnConfiguration.RM_ADDRESS,
          YarnConfiguration.RM_SCHEDULER_ADDRESS,
          YarnConfiguration.RM_WEBAPP_ADDRESS
        }) {
      yarn.set(key, all.get(key));
    }
    write(folder.resolve("yarn-site.xml"), yarn);
  }

  private static void write(Path file, Configuration settings) throws IOException {
    try (OutputStream output = Files.newOutputStream(file)) {
      settings.writeXml(output);
    }
  }
}
