package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.TreeReplicas;
import dev.lockstep.driver.config.ConfigurationWriter;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.Synchronizer;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingLoop;
import dev.lockstep.driver.loop.TrainingPlan;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.HtmlReport;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.ProgressPrinter;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongFunction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One training run: prepares the data, trains, evaluates, writes the run folder. Nothing is written
 * before data and network are known to fit.
 */
public final class TrainingRun {
  private final JavaSparkContext spark;
  private final RunConfiguration given;
  private final RunFolder folder;
  private final LongFunction<ProgressPrinter> progressForSteps;
  private final long start = System.nanoTime();
  private final List<String> notes = new ArrayList<>();

  /**
   * A run that is still to be made.
   *
   * @param folder where results go; must be empty or not exist
   * @param progressForSteps makes the progress display once the number of steps is known
   */
  public TrainingRun(
      JavaSparkContext spark,
      RunConfiguration configuration,
      RunFolder folder,
      LongFunction<ProgressPrinter> progressForSteps) {
    this.spark = spark;
    this.given = configuration;
    this.folder = folder;
    this.progressForSteps = progressForSteps;
  }

  /**
   * Trains.
   *
   * @return the summary that was written last
   * @throws LockstepException of kind numeric after a diverged run, whose folder is complete too
   */
  public RunSummary execute() {
    folder.requireFresh();
    TrainingSettings training = given.training();
    int shards = training.shards() != null ? training.shards() : spark.defaultParallelism();
    int partitions = Math.min(shards, spark.defaultParallelism());
    try (PreparedData data =
        DataPreparation.prepare(
            spark, given.data(), given.network().embedsLevels(), shards, partitions)) {
      RunSetup setup = RunSetup.of(given, data, shards);
      notes.addAll(setup.warnings());
      TrainingState state = firstState(setup);
      try (Replicas replicas = replicas(setup)) {
        folder.create();
        String yaml = ConfigurationWriter.toYaml(setup.configuration());
        folder.writeText("config.yaml", yaml);
        return train(setup, state, replicas, yaml);
      }
    }
  }

  private TrainingState firstState(RunSetup setup) {
    Network network = setup.network();
    ParameterVector parameters = network.initialParameters(setup.configuration().training().seed());
    long[] batchesTracked = new long[network.batchNormColumns().length];
    String initialWeights = given.network().initialWeights();
    if (initialWeights != null) {
      batchesTracked =
          WeightsFile.read(initialWeights, spark.hadoopConfiguration(), network, parameters);
    }
    return new TrainingState(
        parameters,
        given.optimizer().newState(network.layout().trainableLength()),
        new RunningStatistics(network.layout(), batchesTracked),
        0);
  }

  private Replicas replicas(RunSetup setup) {
    ReplicaBlueprint blueprint =
        new ReplicaBlueprint(
            UUID.randomUUID().toString(),
            setup.network().specs(),
            setup.data().inputShape(),
            setup.lossSpec(),
            setup.classes(),
            setup.configuration().training().seed(),
            setup.batches(),
            setup.shards(),
            setup.augmentation());
    Map<Split, JavaRDD<Shard>> splits = new EnumMap<>(Split.class);
    splits.put(Split.TRAIN, setup.data().train().shards());
    setup
        .data()
        .validation()
        .map(PreparedSplit::shards)
        .ifPresent(rdd -> splits.put(Split.VALIDATION, rdd));
    setup.data().test().map(PreparedSplit::shards).ifPresent(rdd -> splits.put(Split.TEST, rdd));
    if (given.training().synchronizer() == Synchronizer.TREE) {
      return new TreeReplicas(spark, blueprint, splits);
    }
    if (!spark.isLocal()) {
      throw LockstepException.usage(
          "training.synchronizer: 'local' works in one process only, but the master is "
              + spark.master()
              + ". Use 'tree', or --master local[N].");
    }
    Map<Split, List<Shard>> collected = new EnumMap<>(Split.class);
    splits.forEach((split, rdd) -> collected.put(split, rdd.collect()));
    return new LocalReplicas(
        blueprint, collected, Math.min(setup.shards(), spark.defaultParallelism()));
  }

  private RunSummary train(RunSetup setup, TrainingState state, Replicas replicas, String yaml) {
    TrainingSettings training = setup.configuration().training();
    boolean validates = setup.data().validation().isPresent();
    TrainingPlan plan =
        new TrainingPlan(
            new UpdateStep(
                setup.network().layout(),
                given.regularization(),
                training.gradientClipNorm() == null
                    ? Double.POSITIVE_INFINITY
                    : training.gradientClipNorm(),
                given.optimizer()),
            given.schedule(),
            setup.totalSteps(),
            setup.batches().stepsPerEpoch(),
            validates ? training.validateEveryEpochs() : 0);
    StepStatistics statistics = new StepStatistics();
    LockstepException divergence = null;
    ProgressPrinter progress = progressForSteps.apply(setup.totalSteps());
    notes.forEach(progress::note);
    try (MetricsLog log = new MetricsLog(folder.append("metrics.jsonl"))) {
      TrainingListener listener = new RunListener(log, progress, statistics);
      new TrainingLoop(replicas, plan, setup.classification(), listener).run(state);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.NUMERIC) {
        throw failure;
      }
      divergence = failure;
      notes.add(failure.getMessage());
    } finally {
      progress.finish();
    }
    RunSummary summary =
        new Summarizer(spark, setup, notes, start)
            .summarize(state, replicas, statistics, divergence != null);
    if (divergence == null) {
      ModelFolder.write(
          new ModelArtifact(
              setup.network(),
              setup.lossSpec(),
              state.parameters(),
              state.statistics().batchesTracked(),
              setup.data().preprocessing()),
          folder.folder("model"));
    }
    folder.writeText("report.html", HtmlReport.render(summary, readMetrics(), yaml));
    folder.writeText(RunFolder.SUMMARY, summary.toJson());
    if (divergence != null) {
      throw new LockstepException(
          ErrorKind.NUMERIC,
          divergence.getMessage() + " Its course until then is in " + folder.name() + ".",
          divergence);
    }
    return summary;
  }

  private RunMetrics readMetrics() {
    try (var input = folder.open("metrics.jsonl")) {
      return MetricsLog.read(input);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private record RunListener(MetricsLog log, ProgressPrinter progress, StepStatistics statistics)
      implements TrainingListener {
    @Override
    public void stepFinished(StepRecord record) {
      statistics.add(record);
      progress.step(record);
      try {
        log.write(record);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    @Override
    public void epochFinished(EpochRecord record) {
      progress.epoch(record);
      try {
        log.write(record);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }
}
