package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.pack.TrainingCheck;
import dev.lockstep.driver.cluster.AutoReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingLoop;
import dev.lockstep.driver.loop.TrainingPlan;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.schedule.LearningRate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One configuration ready to train on prepared data: the network bound to the data, the first
 * state, and the replicas that compute. Writes no file. Several sessions may share the same data
 * and train side by side, each on a thread of its own.
 *
 * <p>Closing releases the replicas; the data stay the caller's.
 */
final class TrainingSession implements AutoCloseable {
  private final RunSetup setup;
  private TrainingState state;
  private final Synchronizer synchronizer;
  private final ReplicaSource source;
  private final Replicas replicas;
  private final ThreadTeam team;

  private TrainingSession(
      RunSetup setup,
      TrainingState state,
      Synchronizer synchronizer,
      ReplicaSource source,
      ThreadTeam team) {
    this.setup = setup;
    this.state = state;
    this.synchronizer = synchronizer;
    this.source = source;
    this.team = team;
    this.replicas =
        synchronizer == Synchronizer.AUTO
            ? source.auto(setup.totalSteps())
            : source.start(synchronizer);
  }

  /** Logical shards of a run: as configured, else the parallelism there is. */
  static int shards(JavaSparkContext spark, TrainingSettings training) {
    return training.shards() != null ? training.shards() : spark.defaultParallelism();
  }

  /** As below; nothing is kept of data that are refused. */
  static PreparedData prepare(JavaSparkContext spark, RunConfiguration given) {
    return prepare(spark, given, Quarantine.NONE);
  }

  /** As below; nobody else looks at the data. */
  static PreparedData prepare(JavaSparkContext spark, RunConfiguration given, Quarantine refused) {
    return prepare(spark, given, refused, TrainingCheck.NONE);
  }

  /**
   * Prepares the data of a configuration, to be closed by the caller.
   *
   * @param refused keeps the bad rows of data that have too many of them
   * @param check looks at the training data before separate validation and test data are read
   */
  static PreparedData prepare(
      JavaSparkContext spark, RunConfiguration given, Quarantine refused, TrainingCheck check) {
    int shards = shards(spark, given.training());
    int partitions = Math.min(shards, spark.defaultParallelism());
    return DataPreparation.prepare(
        spark, given.data(), given.network().embedsLevels(), shards, partitions, refused, check);
  }

  /**
   * Binds a configuration to data.
   *
   * @param data as {@link #prepare} gives them for this configuration, or for one that differs in
   *     neither {@code data} nor {@code training.shards} nor in having an embedding layer
   * @throws LockstepException of kind usage where configuration and data do not fit
   */
  static TrainingSession open(JavaSparkContext spark, RunConfiguration given, PreparedData data) {
    RunSetup setup = RunSetup.of(given, data, shards(spark, given.training()));
    ResourceCheck.of(spark, setup).requireFit();
    return open(spark, setup, firstState(spark, setup));
  }

  /**
   * Goes on with a run that has been bound to its data.
   *
   * @param state where it is; see {@link #firstState}
   */
  static TrainingSession open(JavaSparkContext spark, RunSetup setup, TrainingState state) {
    Map<Split, JavaRDD<Shard>> splits = splits(setup.data());
    int threads = Math.min(setup.shards(), spark.defaultParallelism());
    ThreadTeam team = driverTeam(threads);
    return new TrainingSession(
        setup,
        state,
        setup.configuration().training().synchronizer(),
        new ReplicaSource(spark, blueprint(setup), splits, () -> onDriver(splits), team),
        team);
  }

  /**
   * Goes on with a trial of a search, over data that other trials train on at the same time.
   *
   * @param setup the trial's configuration bound to {@code data}
   * @param state where it is; see {@link #firstState}
   * @param synchronizer the configured one, or what {@code auto} has come to
   * @param threads of a local synchronizer
   */
  static TrainingSession open(
      JavaSparkContext spark,
      RunSetup setup,
      TrainingState state,
      TrialData data,
      Synchronizer synchronizer,
      int threads) {
    ThreadTeam team = driverTeam(threads);
    return new TrainingSession(
        setup,
        state,
        synchronizer,
        new ReplicaSource(spark, blueprint(setup), data.splits(), data::onDriver, team),
        team);
  }

  /** The driver's threads, for updates and for replicas of a local synchronizer. */
  private static ThreadTeam driverTeam(int threads) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new ThreadTeam("lockstep-driver", Math.min(threads, processors));
  }

  /** The shards of every split that there is. */
  static Map<Split, JavaRDD<Shard>> splits(PreparedData data) {
    Map<Split, JavaRDD<Shard>> splits = new EnumMap<>(Split.class);
    splits.put(Split.TRAIN, data.train().shards());
    data.validation()
        .map(PreparedSplit::shards)
        .ifPresent(rdd -> splits.put(Split.VALIDATION, rdd));
    data.test().map(PreparedSplit::shards).ifPresent(rdd -> splits.put(Split.TEST, rdd));
    return splits;
  }

  /** The shards of every split on the driver of a local master. */
  static Map<Split, List<Shard>> onDriver(Map<Split, JavaRDD<Shard>> splits) {
    Map<Split, List<Shard>> shards = new EnumMap<>(Split.class);
    splits.forEach((split, rdd) -> shards.put(split, ShardHandover.collect(rdd)));
    return shards;
  }

  /** Where a run starts: initial or given weights. */
  static TrainingState firstState(JavaSparkContext spark, RunSetup setup) {
    Network network = setup.network();
    ParameterVector parameters = network.initialParameters(setup.configuration().training().seed());
    long[] batchesTracked = new long[network.batchNormColumns().length];
    Optional<WeightsFile> given =
        WeightsFile.of(setup.configuration(), spark.hadoopConfiguration());
    if (given.isPresent()) {
      batchesTracked = given.get().read(network, parameters);
    }
    return new TrainingState(
        parameters,
        setup.configuration().optimizer().newState(network.layout().trainableLength()),
        new RunningStatistics(network.layout(), batchesTracked),
        0);
  }

  private static ReplicaBlueprint blueprint(RunSetup setup) {
    return new ReplicaBlueprint(
        UUID.randomUUID().toString(),
        setup.network().specs(),
        setup.data().inputShape(),
        setup.lossSpec(),
        setup.classes(),
        setup.configuration().training().seed(),
        setup.batches(),
        setup.shards(),
        setup.augmentation());
  }

  /** Configuration, data and network, and what the user should know about them. */
  RunSetup setup() {
    return setup;
  }

  /** Where training is; moved by the loop. */
  TrainingState state() {
    return state;
  }

  /** Goes on from another state of the same run. */
  void continueFrom(TrainingState other) {
    state = other;
  }

  /** What computes. */
  Replicas replicas() {
    return replicas;
  }

  /**
   * Performs work with these replicas on the calling thread.
   *
   * @param stop may have it given up meanwhile
   */
  <T> T perform(StopRequest stop, Supplier<T> work) {
    return WorkAtHand.perform(source.spark(), replicas, stop, work);
  }

  /** How the shards' contributions come together: as configured, or what was taken for auto. */
  Synchronizer synchronizer() {
    return replicas instanceof AutoReplicas auto ? Synchronizer.of(auto.taken()) : synchronizer;
  }

  /** As {@link #synchronizer}, but {@code auto} again where it has not come to a choice yet. */
  Synchronizer settledSynchronizer() {
    return replicas instanceof AutoReplicas auto && !auto.isDecided()
        ? Synchronizer.AUTO
        : synchronizer();
  }

  /** Another synchronizer that should cost less than the configured one; null where none is. */
  String fasterSynchronizer() {
    if (synchronizer != Synchronizer.TREE) {
      return null;
    }
    return source.spark().isLocal()
        ? Synchronizer.LOCAL.key()
        : ReplicaSource.barrierObstacle(source.spark()).isEmpty()
            ? Synchronizer.BARRIER.key()
            : null;
  }

  /** A loop over the configured schedule and length. */
  TrainingLoop loop(TrainingListener listener) {
    RunConfiguration run = setup.configuration();
    boolean validates = setup.data().validation().isPresent();
    return loop(
        run.schedule(),
        setup.totalSteps(),
        validates ? run.training().validateEveryEpochs() : 0,
        listener);
  }

  /**
   * A loop over another schedule and length.
   *
   * @param totalSteps T of the schedule
   * @param validateEveryEpochs epochs between two validations, or 0 for none
   */
  TrainingLoop loop(
      LearningRate schedule, long totalSteps, int validateEveryEpochs, TrainingListener listener) {
    RunConfiguration run = setup.configuration();
    Double clipNorm = run.training().gradientClipNorm();
    TrainingPlan plan =
        new TrainingPlan(
            new UpdateStep(
                setup.network().layout(),
                run.regularization(),
                clipNorm == null ? Double.POSITIVE_INFINITY : clipNorm,
                run.optimizer()),
            schedule,
            totalSteps,
            setup.batches().stepsPerEpoch(),
            validateEveryEpochs,
            run.training().earlyStopping());
    if (replicas instanceof AutoReplicas auto) {
      auto.onChoice(listener::noted);
    }
    return new TrainingLoop(replicas, plan, setup.classification(), listener, team);
  }

  @Override
  public void close() {
    replicas.close();
    team.close();
  }
}
