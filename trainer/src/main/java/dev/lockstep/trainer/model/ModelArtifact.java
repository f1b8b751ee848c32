package dev.lockstep.trainer.model;

import dev.lockstep.trainer.loss.Loss;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;

/** A trained model with all that it takes to use it. Read only. */
public final class ModelArtifact {
  private final Network network;
  private final LossSpec loss;
  private final ParameterVector parameters;
  private final long[] batchesTracked;
  private final Preprocessing preprocessing;

  /**
   * Bundles the parts.
   *
   * @param network the layers
   * @param loss the loss it was trained with, which decides about softmax or sigmoid
   * @param parameters values of all tensors; kept, not copied
   * @param batchesTracked steps that moved the running statistics, per batch-norm layer
   * @param preprocessing from raw columns to network input, and from class index to label
   */
  public ModelArtifact(
      Network network,
      LossSpec loss,
      ParameterVector parameters,
      long[] batchesTracked,
      Preprocessing preprocessing) {
    this.network = network;
    this.loss = loss;
    this.parameters = parameters;
    this.batchesTracked = batchesTracked.clone();
    this.preprocessing = preprocessing;
  }

  /** The layers. */
  public Network network() {
    return network;
  }

  /** The loss it was trained with. */
  public LossSpec loss() {
    return loss;
  }

  /** Values of all tensors. */
  public ParameterVector parameters() {
    return parameters;
  }

  /** Steps that moved the running statistics, per batch-norm layer: a copy. */
  public long[] batchesTracked() {
    return batchesTracked.clone();
  }

  /** From raw columns to network input, and from class index to label. */
  public Preprocessing preprocessing() {
    return preprocessing;
  }

  /** The loss for this model's number of classes. */
  public Loss boundLoss() {
    return loss.bind(preprocessing.classLabels().size());
  }
}
