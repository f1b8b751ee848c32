package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Shard;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.loop.TrainingLoop;
import dev.lockstep.driver.loop.TrainingPlan;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.StepRecord;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.BatchNorm;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.layer.LayerSpec.Dropout;
import dev.lockstep.trainer.layer.LayerSpec.Relu;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.RunningStatistics;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** Three epochs of a network with batch norm and dropout, over whatever replicas. */
public final class TrainingFixture {
  public static final List<LayerSpec> LAYERS =
      List.of(
          new Dense(24, Dense.DEFAULT_INITIALIZER, null),
          new BatchNorm(),
          new Relu(),
          new Dropout(0.7),
          new Dense(10, Dense.DEFAULT_INITIALIZER, null));

  private static final long SEED = 7;
  private static final int BATCH_SIZE = 50;
  private static final int EPOCHS = 3;

  private TrainingFixture() {}

  public static DataSettings digits() {
    return settings(new DataLocation.Bundled("digits"), Map.of());
  }

  /** Digits that are moved, turned, mirrored and blurred by noise in every epoch anew. */
  public static DataSettings augmentedDigits() {
    return settings(
        new DataLocation.Bundled("digits"),
        Map.of(),
        new Shape(8, 8, 1),
        List.of(
            new Augmentation.Shift(1),
            new Augmentation.Flip(true, true),
            new Augmentation.Rotate(10),
            new Augmentation.Noise(0.1)));
  }

  public static DataSettings settings(DataLocation location, Map<String, String> options) {
    return settings(location, options, null, List.of());
  }

  private static DataSettings settings(
      DataLocation location, Map<String, String> options, Shape shape, List<Augmentation> augment) {
    return new DataSettings(
        location,
        options,
        "label",
        List.of(),
        null,
        List.of(),
        null,
        new HeldOut.Fraction(0.1),
        new HeldOut.Fraction(0.2),
        1,
        Normalization.STANDARD,
        shape,
        BadRowSettings.DEFAULT,
        augment);
  }

  public static JavaSparkContext spark(String master) {
    return spark(master, Map.of());
  }

  public static JavaSparkContext spark(String master, Map<String, String> settings) {
    return JavaSparkContext.fromSparkContext(
        SparkStart.start("test", master, settings).sparkContext());
  }

  public static ReplicaBlueprint blueprint(PreparedData data, int shards) {
    return blueprint(data, List.of(), shards);
  }

  /** A network whose gradient, 1.2 MB, is large beside what Spark adds to a result. */
  public static ReplicaBlueprint wideBlueprint(PreparedData data, int shards) {
    List<LayerSpec> layers =
        List.of(
            new Dense(4000, Dense.DEFAULT_INITIALIZER, null),
            new Relu(),
            new Dense(10, Dense.DEFAULT_INITIALIZER, null));
    return blueprint(data, layers, List.of(), shards);
  }

  public static ReplicaBlueprint blueprint(
      PreparedData data, List<Augmentation> augment, int shards) {
    return blueprint(data, LAYERS, augment, shards);
  }

  private static ReplicaBlueprint blueprint(
      PreparedData data, List<LayerSpec> layers, List<Augmentation> augment, int shards) {
    return new ReplicaBlueprint(
        UUID.randomUUID().toString(),
        layers,
        data.inputShape(),
        new LossSpec.SoftmaxCrossEntropy(),
        data.preprocessing().classLabels().size(),
        SEED,
        new BatchPlan(data.train().examples(), BATCH_SIZE, true, SEED),
        shards,
        new AugmentationPlan(
            augment,
            data.inputShape(),
            data.preprocessing().offset(),
            data.preprocessing().scale(),
            data.preprocessing().levelFeatures()));
  }

  /** Trains and returns the SHA-256 of all parameters. */
  public static String train(Replicas replicas, ReplicaBlueprint blueprint) {
    int stepsPerEpoch = blueprint.plan().stepsPerEpoch();
    return train(replicas, blueprint, (long) EPOCHS * stepsPerEpoch, record -> {});
  }

  public static String train(
      Replicas replicas, ReplicaBlueprint blueprint, long steps, StepWatcher watcher) {
    Network network = blueprint.network();
    Optimizer optimizer = new Optimizer.Adam(0.003, 0.9, 0.999, 1e-8);
    ParameterVector parameters = network.initialParameters(SEED);
    TrainingState state =
        new TrainingState(
            parameters,
            optimizer.newState(network.layout().trainableLength()),
            new RunningStatistics(network.layout(), new long[network.batchNormColumns().length]),
            0);
    TrainingPlan plan =
        new TrainingPlan(
            new UpdateStep(
                network.layout(), Regularization.NONE, Double.POSITIVE_INFINITY, optimizer),
            new Schedule.Constant(),
            steps,
            blueprint.plan().stepsPerEpoch(),
            0);
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void stepFinished(StepRecord record) {
            watcher.after(record);
          }

          @Override
          public void epochFinished(EpochRecord record) {}
        };
    new TrainingLoop(replicas, plan, true, listener, ThreadTeam.ofCaller()).run(state);
    return ModelTensors.sha256(network.layout(), parameters);
  }

  public interface StepWatcher {
    void after(StepRecord record);
  }

  /** The same run by threads of this JVM, over shards that Spark prepared. */
  public static String trainLocally(
      JavaSparkContext spark, DataSettings settings, int shards, int threads) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, shards, 1)) {
      ReplicaBlueprint blueprint = blueprint(data, settings.augment(), shards);
      List<Shard> all = data.train().shards().collect();
      try (Replicas replicas = new LocalReplicas(blueprint, Map.of(Split.TRAIN, all), threads)) {
        return train(replicas, blueprint);
      }
    }
  }

  /** The same run as one Spark job a step, with shared memory and over the wire. */
  public static String trainOnTree(
      JavaSparkContext spark, DataSettings settings, int shards, int partitions) {
    try (PreparedData data = DataPreparation.prepare(spark, settings, shards, partitions)) {
      return trainOnTree(spark, blueprint(data, settings.augment(), shards), data.train().shards());
    }
  }

  public static String trainOnTree(
      JavaSparkContext spark, PreparedData data, JavaRDD<Shard> train, int shards) {
    return trainOnTree(spark, blueprint(data, shards), train);
  }

  private static String trainOnTree(
      JavaSparkContext spark, ReplicaBlueprint blueprint, JavaRDD<Shard> train) {
    String result = null;
    for (boolean inThisProcess : new boolean[] {true, false}) {
      try (Replicas replicas =
          new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, train), inThisProcess)) {
        String bits = train(replicas, blueprint);
        assertThat(bits)
            .as("by reference or over the wire")
            .isEqualTo(result == null ? bits : result);
        result = bits;
      }
    }
    return result;
  }
}
