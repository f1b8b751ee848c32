package dev.lockstep.driver.run;

import dev.lockstep.driver.cluster.LockstepKryoRegistrator;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/** Starts Spark with the settings that Lockstep needs; what the user sets wins. */
public final class SparkStart {
  /** The master where neither the command line nor spark-submit names one. */
  public static final String DEFAULT_MASTER = "local[*]";

  /** How the names of Hadoop's settings begin among those of Spark. */
  private static final String HADOOP = "spark.hadoop.";

  /**
   * Settings that differ from Spark's own defaults, with the reason:
   *
   * <ul>
   *   <li>Kryo with required registration: everything on the wire has a compact form on purpose.
   *   <li>Kryo's buffer and the result size: a contribution is as large as the network, and the
   *       number of them that reach the driver is bounded by the reduction tree.
   *   <li>Broadcasts as they are: what is broadcast every step are parameters, and float noise only
   *       costs a compressor time.
   *   <li>Blocks of a broadcast a little below 4 MB: an array of 4 MB and its header would take two
   *       regions of a collector that has regions of 4 MB, twice its size.
   *   <li>One OpenBLAS thread also where another OpenBLAS than the bundled one is picked up.
   *   <li>No explanation of closures that cannot be serialized: there are none, and the explainer
   *       needs a door into the JDK that newer versions have walled up.
   *   <li>No console progress bar: Lockstep has its own.
   *   <li>Times in UTC wherever Spark shows them.
   * </ul>
   */
  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("spark.serializer", "org.apache.spark.serializer.KryoSerializer"),
          Map.entry("spark.kryo.registrator", LockstepKryoRegistrator.class.getName()),
          Map.entry("spark.kryo.registrationRequired", "true"),
          Map.entry("spark.kryoserializer.buffer.max", "2047m"),
          Map.entry("spark.driver.maxResultSize", "0"),
          Map.entry("spark.broadcast.compress", "false"),
          Map.entry("spark.broadcast.blockSize", "4095k"),
          Map.entry("spark.executorEnv.OPENBLAS_NUM_THREADS", "1"),
          Map.entry("spark.serializer.extraDebugInfo", "false"),
          Map.entry("spark.ui.showConsoleProgress", "false"),
          Map.entry("spark.sql.session.timeZone", "UTC"));

  /** The master that starts executors of its own; the last number is a worker's memory in MB. */
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*[0-9]+\\s*,\\s*[0-9]+\\s*,\\s*([0-9]+)\\s*]");

  /**
   * Masters as Spark knows them; one with a scheme of its own may belong to a cluster manager that
   * was plugged in.
   */
  private static final Pattern MASTER =
      Pattern.compile(
          "local(\\[\\s*([1-9][0-9]*|\\*)\\s*(,\\s*[0-9]+\\s*)?])?"
              + "|local-cluster\\[\\s*[0-9]+\\s*,\\s*[0-9]+\\s*,\\s*[0-9]+\\s*]"
              + "|spark://[^:/]+:[0-9]+(,[^:/]+:[0-9]+)*"
              + "|yarn"
              + "|(?!spark:)[A-Za-z][A-Za-z0-9+.-]*://.+");

  private SparkStart() {}

  /**
   * Starts a session, or takes the one of this JVM.
   *
   * @param name application name
   * @param master Spark master, or null for spark-submit's or {@link #DEFAULT_MASTER}
   * @param settings Spark settings from the command line
   */
  public static SparkSession start(String name, String master, Map<String, String> settings) {
    SparkConf conf = new SparkConf();
    Map<String, String> all = new LinkedHashMap<>(DEFAULTS);
    String chosen = master != null ? master : conf.get("spark.master", DEFAULT_MASTER);
    if (chosen.startsWith("local")) {
      // Nobody looks at the web pages of a laptop run, and starting them takes a second.
      all.put("spark.ui.enabled", "false");
      all.put("spark.driver.host", "127.0.0.1");
      all.put("spark.driver.bindAddress", "127.0.0.1");
    }
    Matcher localCluster = LOCAL_CLUSTER.matcher(chosen);
    if (localCluster.matches()) {
      // A worker has one executor, so what the worker has is the executor's.
      all.put("spark.executor.memory", localCluster.group(1) + "m");
    }
    all.forEach(conf::setIfMissing);
    settings.forEach(conf::set);
    conf.setMaster(chosen);
    conf.setIfMissing("spark.app.name", name);
    requireMaster(chosen);
    learnSecrets(conf);
    SparkSession session;
    try {
      session = SparkSession.builder().config(conf).getOrCreate();
    } catch (RuntimeException failure) {
      throw new LockstepException(
          ErrorKind.INTERNAL,
          "Spark could not be started on " + chosen + ": " + failure.getMessage(),
          failure);
    }
    SparkContext spark = session.sparkContext();
    if (spark.isStopped() || isRefused(chosen, spark.applicationId())) {
      session.stop();
      throw new LockstepException(
          ErrorKind.INTERNAL,
          "Spark could not be started on "
              + chosen
              + ": no master there accepted the application. Is it running, and are host, port and"
              + " secret right?");
    }
    return session;
  }

  /**
   * Settings of file systems for commands that do without Spark: Hadoop's own, and over them what
   * Spark's settings say after {@value #HADOOP}, as Spark does it.
   *
   * @param settings Spark settings from the command line
   */
  public static Configuration hadoop(Map<String, String> settings) {
    SparkConf conf = new SparkConf();
    settings.forEach(conf::set);
    learnSecrets(conf);
    Configuration hadoop = new Configuration();
    for (Tuple2<String, String> setting : conf.getAllWithPrefix(HADOOP)) {
      hadoop.set(setting._1(), setting._2());
    }
    return hadoop;
  }

  /**
   * Whether no standalone master has accepted the application. Spark says so by no exception: it
   * goes on with an identifier of its own in place of a master's, and stops a moment later.
   */
  static boolean isRefused(String master, String applicationId) {
    return master.startsWith("spark://") && applicationId.startsWith("spark-application-");
  }

  /** From whichever of command line, files and system properties they came. */
  private static void learnSecrets(SparkConf conf) {
    Redaction.ofProcess().useNames(conf.get(Redaction.NAMES_SETTING, null));
    Map<String, String> settings = new LinkedHashMap<>();
    for (Tuple2<String, String> setting : conf.getAll()) {
      settings.put(setting._1(), setting._2());
    }
    Redaction.ofProcess().learnSettings(settings);
  }

  /** Spark would find out too, but it logs a stack trace before it says so. */
  private static void requireMaster(String master) {
    if (!MASTER.matcher(master).matches()) {
      throw LockstepException.usage(
          "--master: '"
              + master
              + "' is not a Spark master. Use local[N], spark://host:port, yarn or k8s://https://host:port.");
    }
  }
}
