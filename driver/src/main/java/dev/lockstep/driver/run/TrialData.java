package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.metric.WatchedMetric;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Data that several trials of a search train on at once: prepared once, cached on the cluster, and
 * handed to the driver at most once for trials that train there. Safe on several threads.
 */
public final class TrialData implements AutoCloseable {
  private final DataSettings settings;
  private final boolean embedsLevels;
  private final int shards;
  private final PreparedData prepared;
  private final Map<Split, JavaRDD<Shard>> splits;
  private Map<Split, List<Shard>> onDriver;

  private TrialData(RunConfiguration configuration, PreparedData prepared) {
    this.settings = configuration.data();
    this.embedsLevels = configuration.network().embedsLevels();
    this.shards = configuration.training().shards();
    this.prepared = prepared;
    this.splits = TrainingSession.splits(prepared);
    // No trial looks at it, so it need not travel.
    splits.remove(Split.TEST);
  }

  /** Prepares the data of a configuration whose shards are settled. */
  public static TrialData prepare(JavaSparkContext spark, RunConfiguration configuration) {
    return new TrialData(configuration, TrainingSession.prepare(spark, configuration));
  }

  /**
   * As {@link #prepare(JavaSparkContext, RunConfiguration)}; bad rows of data that are refused stay
   * in the search's folder, where that is wanted.
   */
  public static TrialData prepare(
      JavaSparkContext spark, RunConfiguration configuration, RunFolder folder) {
    return new TrialData(
        configuration,
        TrainingSession.prepare(spark, configuration, new QuarantineFolder(spark, folder)));
  }

  /**
   * Keeps the rows that were left out in the search's folder, where that is wanted.
   *
   * @param goesOn whether the search goes on that is in the folder
   * @return a sentence for the user, where there was something
   */
  public Optional<String> keepBadRows(JavaSparkContext spark, RunFolder folder, boolean goesOn) {
    return new QuarantineFolder(spark, folder).keepOf(settings.badRows(), prepared, goesOn);
  }

  /** Whether another configuration trains on these data in as many shards. */
  public boolean fits(RunConfiguration configuration) {
    return configuration.data().equals(settings)
        && configuration.network().embedsLevels() == embedsLevels
        && configuration.training().shards() == shards;
  }

  /** What is predicted. */
  public Task task() {
    return prepared.task();
  }

  /** Identifies the rows. */
  public String fingerprint() {
    return prepared.fingerprint();
  }

  /**
   * Refuses a metric that runs on these data do not compute while they train.
   *
   * @param key where the metric is named, for messages
   * @throws LockstepException of kind usage
   */
  public void requireWatchable(String key, WatchedMetric metric) {
    RunSetup.requireWatchable(key, metric, prepared);
  }

  /**
   * Refuses a configuration that does not fit these data.
   *
   * @return what the user should know about the configuration
   * @throws LockstepException of kind usage
   */
  public List<String> check(RunConfiguration configuration) {
    return setup(configuration).warnings();
  }

  RunSetup setup(RunConfiguration configuration) {
    return RunSetup.of(configuration, prepared, shards);
  }

  /** The splits that trials look at. */
  Map<Split, JavaRDD<Shard>> splits() {
    return splits;
  }

  /** The shards for trials that train on the driver of a local master. */
  synchronized Map<Split, List<Shard>> onDriver() {
    if (onDriver == null) {
      onDriver = TrainingSession.onDriver(splits);
    }
    return onDriver;
  }

  @Override
  public void close() {
    prepared.close();
  }
}
