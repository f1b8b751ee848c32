package dev.lockstep.deploy;

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
import dev.lockstep.driver.cluster.LocalReplicas;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.cluster.barrier.BarrierReplicas;
import dev.lockstep.driver.run.SparkStart;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.LayerSpec.Dense;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Trains with the barrier stage on a cluster, in a process of its own, and prints a hash of the
 * parameters after each of some steps, beside that of the local replicas. Arguments: the master,
 * the step before which an executor's process is killed (0 for none), and Spark settings as {@code
 * key=value}.
 */
final class BarrierProgram {
  static final int STEPS = 60;

  private static final int SHARDS = 5;

  private BarrierProgram() {}

  public static void main(String[] arguments) {
    Map<String, String> settings = new HashMap<>();
    // The executors find the classes where this process does.
    settings.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    for (String setting : List.of(arguments).subList(2, arguments.length)) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    int killBefore = Integer.parseInt(arguments[1]);
    try (JavaSparkContext spark =
            JavaSparkContext.fromSparkContext(
                SparkStart.start("barrier", arguments[0], settings).sparkContext());
        PreparedData data = DataPreparation.prepare(spark, digits(), SHARDS, 2)) {
      JavaRDD<Shard> train = data.train().shards();
      List<Shard> all = train.collect();
      try (Replicas local = new LocalReplicas(blueprint(data), Map.of(Split.TRAIN, all), 1)) {
        System.out.println("local " + train(local, blueprint(data), 0));
      }
      try (Replicas barrier =
          new BarrierReplicas(spark, blueprint(data), Map.of(Split.TRAIN, train))) {
        System.out.println("barrier " + train(barrier, blueprint(data), killBefore));
      }
    }
  }

  private static DataSettings digits() {
    return new DataSettings(
        new DataLocation.Bundled("digits"),
        Map.of(),
        "label",
        List.of(),
        null,
        List.of(),
        null,
        new HeldOut.Fraction(0.1),
        new HeldOut.Fraction(0.2),
        1,
        Normalization.STANDARD,
        null,
        BadRowSettings.DEFAULT,
        List.of());
  }

  private static ReplicaBlueprint blueprint(PreparedData data) {
    return new ReplicaBlueprint(
        UUID.randomUUID().toString(),
        List.of(
            new Dense(64, Dense.DEFAULT_INITIALIZER, null),
            new LayerSpec.Relu(),
            new Dense(10, Dense.DEFAULT_INITIALIZER, null)),
        data.inputShape(),
        new LossSpec.SoftmaxCrossEntropy(),
        10,
        7,
        new BatchPlan(data.train().examples(), 50, true, 7),
        SHARDS);
  }

  private static int train(Replicas replicas, ReplicaBlueprint blueprint, int killBefore) {
    ParameterVector parameters = blueprint.network().initialParameters(7);
    for (int step = 1; step <= STEPS; step++) {
      if (step == killBefore) {
        kill();
      }
      StepPlan plan = StepPlan.of(step, blueprint.plan().stepsPerEpoch());
      float[] gradient = replicas.compute(parameters, plan).gradient();
      for (int i = 0; i < gradient.length; i++) {
        parameters.values()[i] -= 0.001f * gradient[i];
      }
    }
    return Arrays.hashCode(parameters.values());
  }

  /** Kills one of the executors, which local-cluster starts as children of this process. */
  private static void kill() {
    ProcessHandle executor = ProcessHandle.current().children().findFirst().orElseThrow();
    System.out.println("killed " + executor.destroyForcibly());
  }
}
