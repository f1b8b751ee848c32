package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;

/**
 * Where in a network a layer is bound: all that a {@link LayerSpec} needs to become a {@link
 * Layer}.
 *
 * @param index number of the layer, unique in the network: the coordinate of its random numbers
 * @param name prefix of its tensors' names, PyTorch's name of the module
 * @param inputShape shape of one input row
 * @param beforeBatchNorm whether the next layer of the same stack is batch norm
 * @param builder where the layer reserves its tensors
 * @param innerNumbers where layers inside this one get their numbers
 */
public record LayerPlace(
    int index,
    String name,
    Shape inputShape,
    boolean beforeBatchNorm,
    ParameterLayout.Builder builder,
    LayerNumbers innerNumbers) {
  /**
   * Whether a layer with weights has a bias here.
   *
   * @param configured what the configuration says; null means yes, except directly before batch
   *     norm, whose β takes its place
   */
  boolean hasBias(Boolean configured) {
    return configured == null ? !beforeBatchNorm : configured;
  }

  /** Key path of the layer in the configuration, for messages. */
  String path() {
    return "network.layers[" + name.replace(".layers.", "].layers[") + "]";
  }
}
