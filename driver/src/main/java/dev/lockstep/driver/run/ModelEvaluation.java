package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.Replicas;
import dev.lockstep.driver.cluster.TreeReplicas;
import dev.lockstep.driver.loop.Metrics;
import dev.lockstep.driver.report.SplitMetrics;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** Metrics of a saved model on data, computed on the cluster. */
public final class ModelEvaluation {
  private ModelEvaluation() {}

  /**
   * Evaluates one split.
   *
   * @param settings the data with their splits; labels and normalization are the model's own
   * @param split which part, or null for the test split where there is one and else everything
   * @param notes takes a sentence for each source that rows were left out of
   */
  public static SplitMetrics evaluate(
      JavaSparkContext spark,
      ModelArtifact model,
      DataSettings settings,
      Split split,
      Consumer<String> notes) {
    int shards = spark.defaultParallelism();
    Task task = model.preprocessing().isClassification() ? Task.CLASSIFICATION : Task.REGRESSION;
    try (PreparedData data =
        DataPreparation.prepareForModel(
            spark, settings, model.preprocessing(), task, shards, shards)) {
      BadRowNotes.sentences(data).forEach(notes);
      PreparedSplit chosen = choose(data, split);
      ReplicaBlueprint blueprint =
          new ReplicaBlueprint(
              UUID.randomUUID().toString(),
              model.network().specs(),
              model.network().inputShape(),
              model.loss(),
              model.preprocessing().classLabels().size(),
              0,
              new BatchPlan(chosen.examples(), 1, false, 0),
              shards);
      try (Replicas replicas =
          new TreeReplicas(spark, blueprint, Map.of(Split.TRAIN, chosen.shards()))) {
        return Metrics.of(
            replicas.evaluate(model.parameters(), Split.TRAIN), task == Task.CLASSIFICATION);
      }
    }
  }

  private static PreparedSplit choose(PreparedData data, Split split) {
    if (split == null) {
      return data.test().orElse(data.train());
    }
    Optional<PreparedSplit> chosen =
        switch (split) {
          case TRAIN -> Optional.of(data.train());
          case VALIDATION -> data.validation();
          case TEST -> data.test();
        };
    return chosen.orElseThrow(
        () ->
            LockstepException.usage(
                "--split: these data have no " + split.key() + " split; its fraction is 0."));
  }
}
