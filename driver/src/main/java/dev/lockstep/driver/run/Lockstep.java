package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Lockstep inside another program, such as a notebook: one Spark session and any number of runs,
 * which do exactly what the command {@code train} does, silently.
 *
 * <pre>{@code
 * try (Lockstep lockstep = Lockstep.start("local[2]")) {
 *   FinishedRun run = lockstep.train(yaml, "runs/first", "training.epochs=5");
 *   System.out.println(run.summary().test().loss());
 * }
 * }</pre>
 */
public final class Lockstep implements AutoCloseable {
  private static final int WIDTH = 80;

  private final SparkSession session;

  private Lockstep(SparkSession session) {
    this.session = session;
  }

  /**
   * Starts Spark, or takes the session of this JVM.
   *
   * @param master Spark master such as {@code local[2]}
   */
  public static Lockstep start(String master) {
    return new Lockstep(SparkStart.start("lockstep", master, Map.of()));
  }

  /** The Spark context that everything runs on. */
  public JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(session.sparkContext());
  }

  /**
   * Trains, evaluates and writes a run folder.
   *
   * @param yaml a run configuration; relative paths in it start from the current folder
   * @param folder path or URI of a folder that is empty or does not exist
   * @param overrides changes to the configuration, {@code key.path=value}, applied in order
   * @throws LockstepException of kind numeric after a diverged run, else as {@code train} says it
   */
  public FinishedRun train(String yaml, String folder, String... overrides) {
    return train(StartMode.NEW, yaml, folder, overrides);
  }

  /**
   * As {@link #train}, but goes on with the run that the folder holds: from its newest intact
   * checkpoint, to the same bits as without a break. One that has ended well is read back; where
   * there is none yet, it begins.
   *
   * @param yaml the run's configuration
   * @param folder path or URI
   * @param overrides as for {@link #train}
   * @throws LockstepException as {@code train --resume} says it
   */
  public FinishedRun resume(String yaml, String folder, String... overrides) {
    return train(StartMode.RESUME, yaml, folder, overrides);
  }

  private FinishedRun train(StartMode mode, String yaml, String folder, String... overrides) {
    JavaSparkContext spark = spark();
    RunFolder target = RunFolder.at(folder, spark.hadoopConfiguration());
    new TrainingRun(
            spark,
            read(yaml, overrides),
            target,
            mode,
            Lockstep::silence,
            StopRequest.NEVER,
            message -> {})
        .execute();
    return FinishedRun.read(target);
  }

  /**
   * Prepares the data of a configuration as a run would see it; to be closed by the caller.
   *
   * @param yaml a run configuration
   * @param shards S, at least 1
   * @param overrides as for {@link #train}
   */
  public PreparedData prepare(String yaml, int shards, String... overrides) {
    RunConfiguration configuration = read(yaml, overrides);
    return TrainingSession.prepare(
        spark(), configuration.withTraining(configuration.training().withShards(shards)));
  }

  private static RunConfiguration read(String yaml, String... overrides) {
    return ConfigurationReader.read(
        yaml, "configuration", null, List.of(overrides), System.getenv());
  }

  private static ProgressPrinter silence(long steps) {
    return new ProgressPrinter(System.err, false, WIDTH, steps, 0, true, System::nanoTime);
  }

  /** Stops Spark. */
  @Override
  public void close() {
    session.stop();
  }
}
