package dev.lockstep.deploy;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.lockstep.driver.run.FinishedRun;
import dev.lockstep.driver.run.Lockstep;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.spark.MapOutputTrackerMaster;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.StorageStatus;
import scala.collection.Iterator;

/**
 * Trains again and again in one JVM, under tree and barrier in turn, with checkpoints and a
 * validation every epoch, while executors are killed; looks at itself at regular intervals. Spark
 * settings are system properties. Arguments: folder, steps in all (a multiple of 8), steps between
 * two kills, samples of a run, seed of the kills. Prints
 *
 * <pre>
 *   sample SYNCHRONIZER STEP HEAP THREADS FILES DRIVER-BLOCKS BLOCKS BROADCASTS SHUFFLES CHECKPOINTS
 *   killed STEP EXECUTOR
 *   run SYNCHRONIZER PARAMETERS-SHA-256
 * </pre>
 */
final class SoakProgram {
  static final int RUNS = 4;
  static final int KEEP = 3;
  static final int SHARDS = 7;

  private static final long LOOK_MILLISECONDS = 20;

  private final Path folder;
  private final int steps;
  private final int killEvery;
  private final int samplesOfRun;
  private final Random random;
  private volatile int run;
  private volatile boolean done;
  private volatile Throwable failure;

  private SoakProgram(String[] arguments) {
    this.folder = Path.of(arguments[0]);
    this.steps = Integer.parseInt(arguments[1]);
    this.killEvery = Integer.parseInt(arguments[2]);
    this.samplesOfRun = Integer.parseInt(arguments[3]);
    this.random = new Random(Long.parseLong(arguments[4]));
  }

  public static void main(String[] arguments) throws Exception {
    new SoakProgram(arguments).train();
  }

  private void train() throws Exception {
    try (Lockstep lockstep = Lockstep.start(Runs.LOCAL_CLUSTER)) {
      Thread watch = new Thread(this::watch, "watch");
      watch.setDaemon(true);
      watch.start();
      for (int number = 0; number < RUNS; number++) {
        run = number;
        FinishedRun finished =
            lockstep.train(
                Runs.yaml(synchronizer(number), SHARDS, stepsOf(synchronizer(number), steps)),
                place(number).toString(),
                "training.validateEveryEpochs=1",
                "training.checkpoint.everySteps=50",
                "training.checkpoint.keep=" + KEEP);
        System.out.println(
            "run " + synchronizer(number) + " " + finished.summary().parametersSha256());
      }
      done = true;
      watch.join();
    }
    if (failure != null) {
      throw new IllegalStateException("the watch has failed", failure);
    }
  }

  private Path place(int number) {
    return folder.resolve("run-" + number);
  }

  private static String synchronizer(int number) {
    return number % 2 == 0 ? "tree" : "barrier";
  }

  /**
   * Steps of one run. One under tree, whose steps take much longer, has a third of the others'.
   *
   * @param steps of all runs together
   */
  static int stepsOf(String synchronizer, int steps) {
    return steps / 8 * (synchronizer.equals("tree") ? 1 : 3);
  }

  private void watch() {
    int sampled = -1;
    long nextSample = 0;
    long nextKill = killEvery;
    try {
      while (!done) {
        int number = run;
        long stepOfRun = TrainingProcess.lastStep(metrics(number));
        long step = stepsBefore(number) + stepOfRun;
        int sampleEvery = stepsOf(synchronizer(number), steps) / samplesOfRun;
        if (number > sampled) {
          sampled = number;
          nextSample = sampleEvery;
        }
        // The kill first: where steps are fast, a sample is due at every look.
        if (step >= nextKill && kill(step)) {
          nextKill += killEvery;
        } else if (stepOfRun >= nextSample) {
          nextSample += sampleEvery;
          sample(number, step);
        }
        Thread.sleep(LOOK_MILLISECONDS);
      }
    } catch (IOException | InterruptedException | RuntimeException problem) {
      failure = problem;
    }
  }

  private long stepsBefore(int number) {
    long before = 0;
    for (int earlier = 0; earlier < number; earlier++) {
      before += stepsOf(synchronizer(earlier), steps);
    }
    return before;
  }

  private Path metrics(int number) {
    return place(number).resolve("metrics.jsonl");
  }

  /** Kills one of two executors; false where they are not both there. */
  private boolean kill(long step) {
    int driverPort = SparkEnv.get().conf().getInt("spark.driver.port", 0);
    List<ExecutorProcess> executors = ExecutorProcess.of(driverPort);
    // Block managers register last; the driver has one too.
    if (executors.size() < 2 || blockManagers().length < 3) {
      return false;
    }
    ExecutorProcess victim = executors.get(random.nextInt(executors.size()));
    victim.kill();
    System.out.println("killed " + step + " " + victim.id());
    return true;
  }

  private static StorageStatus[] blockManagers() {
    return SparkEnv.get().blockManager().master().getStorageStatus();
  }

  private void sample(int number, long step) throws IOException {
    // The second one takes what Spark's cleaner let go after the first.
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    UnixOperatingSystemMXBean system =
        (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    SparkEnv spark = SparkEnv.get();
    long blocks = 0;
    long broadcasts = 0;
    for (StorageStatus status : blockManagers()) {
      blocks += status.blocks().size();
      Iterator<BlockId> each = status.blocks().keysIterator();
      while (each.hasNext()) {
        broadcasts += each.next().isBroadcast() ? 1 : 0;
      }
    }
    System.out.println(
        String.join(
            " ",
            "sample",
            synchronizer(number),
            Long.toString(step),
            Long.toString(heap),
            Integer.toString(ManagementFactory.getThreadMXBean().getThreadCount()),
            Long.toString(system.getOpenFileDescriptorCount()),
            Long.toString(spark.blockManager().blockInfoManager().size()),
            Long.toString(blocks),
            Long.toString(broadcasts),
            Integer.toString(
                ((MapOutputTrackerMaster) spark.mapOutputTracker()).shuffleStatuses().size()),
            Long.toString(checkpoints(number))));
  }

  private long checkpoints(int number) throws IOException {
    Path checkpoints = place(number).resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(checkpoints)) {
      return all.count();
    }
  }
}
