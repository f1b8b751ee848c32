package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.config.TrainingSettings;
import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.kernel.Blas;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.metric.WatchedMetric;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.Initializer;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run found out and what it will do, before its first step.
 *
 * @param configuration with all that was left open filled in
 * @param data the prepared splits; not closed by this object
 * @param network bound to the data's shape
 * @param lossSpec the configured loss or the task's
 * @param classes number of classes, 0 for regression
 * @param batches which examples belong to which step
 * @param totalSteps steps of the whole run
 * @param warnings what the user should know
 */
record RunSetup(
    RunConfiguration configuration,
    PreparedData data,
    Network network,
    LossSpec lossSpec,
    int classes,
    BatchPlan batches,
    long totalSteps,
    List<String> warnings) {
  /**
   * Fits configuration and data together.
   *
   * @throws LockstepException of kind usage where they do not fit
   */
  static RunSetup of(RunConfiguration given, PreparedData data, int shards) {
    List<String> labels = data.preprocessing().classLabels();
    LossSpec lossSpec = given.loss() != null ? given.loss() : defaultLoss(data.task());
    Loss loss = lossSpec.bind(labels.size());
    Network network = network(given, data);
    if (network.outputs() != loss.outputs()) {
      int last = given.network().layers().size() - 1;
      throw LockstepException.usage(
          "network.layers["
              + last
              + "]: the network ends with "
              + network.outputs()
              + " outputs, but "
              + lossSpec.kind()
              + " for label '"
              + data.preprocessing().labelName()
              + "' "
              + (labels.isEmpty() ? "(a number)" : "with " + labels.size() + " classes")
              + " needs "
              + loss.outputs()
              + ". Set the units of the last dense layer to "
              + loss.outputs()
              + ".");
    }
    TrainingSettings training = given.training().withShards(shards);
    if (training.earlyStopping() != null) {
      requireWatchable("training.earlyStopping.metric", training.earlyStopping().metric(), data);
    }
    if (given.schedule() instanceof Schedule.Plateau plateau) {
      requireWatchable("schedule.metric", plateau.metric(), data);
    }
    BatchPlan batches =
        new BatchPlan(
            data.train().examples(), training.batchSize(), training.shuffle(), training.seed());
    long totalSteps =
        training.steps() != null
            ? training.steps()
            : (long) training.epochs() * batches.stepsPerEpoch();
    RunConfiguration resolved =
        given
            .withLoss(lossSpec)
            .withTraining(training)
            .withData(given.data().withTask(data.task()));
    List<String> warnings = new ArrayList<>(BadRowNotes.sentences(data));
    warnings.addAll(warnings(given));
    return new RunSetup(
        resolved, data, network, lossSpec, labels.size(), batches, totalSteps, warnings);
  }

  /** Whether loss and network go with a number of classes, 0 for regression. */
  static boolean suits(RunConfiguration given, PreparedData data, int classes) {
    Task task = classes > 0 ? Task.CLASSIFICATION : Task.REGRESSION;
    LossSpec lossSpec = given.loss() != null ? given.loss() : defaultLoss(task);
    int outputs = network(given, data).outputs();
    try {
      return lossSpec.bind(classes).outputs() == outputs;
    } catch (LockstepException ofOtherClasses) {
      return false;
    }
  }

  private static Network network(RunConfiguration given, PreparedData data) {
    return new Network(
        withTables(given.network().layers(), data.preprocessing().categorical()),
        data.inputShape());
  }

  /** Refuses a metric that this run does not compute while it trains. */
  static void requireWatchable(String key, WatchedMetric metric, PreparedData data) {
    int classes = data.preprocessing().classLabels().size();
    List<String> names = new ArrayList<>(List.of("loss"));
    names.addAll(classes > 0 ? WatchedMetric.OF_CLASSIFICATION : WatchedMetric.OF_REGRESSION);
    if (metric.split().equals("train") || classes > MetricSums.MAX_CONFUSION_CLASSES) {
      // The mean over classes needs a confusion matrix, which mini-batches do not keep.
      names.remove("macroF1");
    }
    if (metric.split().equals("validation") && data.validation().isEmpty()) {
      throw LockstepException.usage(
          key
              + ": '"
              + metric
              + "' needs a validation split, and these data have none. Give data.validation, or"
              + " watch train.loss.");
    }
    if (!names.contains(metric.name())) {
      throw LockstepException.usage(
          key
              + ": '"
              + metric
              + "' is not computed in this run; for "
              + metric.split()
              + " there are "
              + String.join(", ", names)
              + ".");
    }
  }

  /** Tells an embedding layer which columns the data have. */
  private static List<LayerSpec> withTables(
      List<LayerSpec> layers, List<CategoricalColumn> columns) {
    List<LayerSpec.Embedding.Table> tables = new ArrayList<>();
    for (CategoricalColumn column : columns) {
      tables.add(new LayerSpec.Embedding.Table(column.firstFeature(), column.levels().size()));
    }
    List<LayerSpec> known = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerSpec layer = layers.get(i);
      if (layer instanceof LayerSpec.Embedding embedding) {
        if (!embedding.tables().isEmpty() && !embedding.tables().equals(tables)) {
          throw LockstepException.usage(
              "network.layers["
                  + i
                  + "].tables does not fit the data, whose categorical columns are "
                  + tables
                  + ". Take tables out: a run finds them itself.");
        }
        layer = embedding.withTables(tables);
      }
      known.add(layer);
    }
    return known;
  }

  /** The loss of a run that names none. */
  static LossSpec defaultLoss(Task task) {
    return task == Task.CLASSIFICATION
        ? new LossSpec.SoftmaxCrossEntropy()
        : new LossSpec.MeanSquaredError();
  }

  private static List<String> warnings(RunConfiguration given) {
    List<String> warnings = new ArrayList<>();
    if (Blas.fallbackReason() != null) {
      warnings.add(
          "OpenBLAS could not be loaded, so a slower backend of the JVM computes: "
              + Blas.fallbackReason());
    }
    List<Weighted> weighted = new ArrayList<>();
    collect(given.network().layers(), "network.layers", weighted);
    for (int i = 0; i < weighted.size() - 1; i++) {
      if (weighted.get(i).initializer() instanceof Initializer.Zeros) {
        warnings.add(
            weighted.get(i).path()
                + " starts with all weights 0: its units stay alike for ever (symmetry is never broken).");
      }
    }
    return warnings;
  }

  /** A layer whose first weights are drawn, and where the configuration has it. */
  private record Weighted(String path, Initializer initializer) {}

  /** All such layers in the order in which an example meets them; the last gives the outputs. */
  private static void collect(List<LayerSpec> layers, String path, List<Weighted> weighted) {
    for (int i = 0; i < layers.size(); i++) {
      String place = path + "[" + i + "]";
      if (layers.get(i) instanceof LayerSpec.Dense dense) {
        weighted.add(new Weighted(place, dense.initializer()));
      } else if (layers.get(i) instanceof LayerSpec.Conv2d convolution) {
        weighted.add(new Weighted(place, convolution.initializer()));
      } else if (layers.get(i) instanceof LayerSpec.Residual block) {
        collect(block.layers(), place + ".layers", weighted);
      }
    }
  }

  /** Whether examples are sorted into classes. */
  boolean classification() {
    return classes > 0;
  }

  /**
   * What happens to training examples.
   *
   * @throws LockstepException of kind usage where it does not go with their shape
   */
  AugmentationPlan augmentation() {
    return new AugmentationPlan(
        configuration.data().augment(),
        data.inputShape(),
        data.preprocessing().offset(),
        data.preprocessing().scale(),
        data.preprocessing().levelFeatures());
  }

  /** Logical shards of the run. */
  int shards() {
    return configuration.training().shards();
  }
}
