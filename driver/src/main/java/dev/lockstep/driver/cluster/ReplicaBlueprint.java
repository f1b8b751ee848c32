package dev.lockstep.driver.cluster;

import dev.lockstep.datasets.plan.BatchPlan;
import dev.lockstep.trainer.augment.AugmentationPlan;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import java.io.Serializable;
import java.util.List;

/**
 * All that a machine must know to build replicas of a run: sent to each executor once.
 *
 * @param runId tells runs apart that share an executor
 * @param layers the network's layers
 * @param inputShape shape of one example
 * @param lossSpec the loss
 * @param classes number of classes, 0 for regression
 * @param seed seed of dropout and augmentation
 * @param plan which examples belong to which step
 * @param shards logical shards of the run
 * @param augmentation what happens to examples before a training step
 */
public record ReplicaBlueprint(
    String runId,
    List<LayerSpec> layers,
    Shape inputShape,
    LossSpec lossSpec,
    int classes,
    long seed,
    BatchPlan plan,
    int shards,
    AugmentationPlan augmentation)
    implements Serializable {
  /** Takes an immutable copy. */
  public ReplicaBlueprint {
    layers = List.copyOf(layers);
  }

  /** A run whose examples stay as they are. */
  public ReplicaBlueprint(
      String runId,
      List<LayerSpec> layers,
      Shape inputShape,
      LossSpec lossSpec,
      int classes,
      long seed,
      BatchPlan plan,
      int shards) {
    this(runId, layers, inputShape, lossSpec, classes, seed, plan, shards, AugmentationPlan.NONE);
  }

  /** Builds the network. */
  public Network network() {
    return new Network(layers, inputShape);
  }

  /** Builds the loss. */
  public Loss loss() {
    return lossSpec.bind(classes);
  }
}
