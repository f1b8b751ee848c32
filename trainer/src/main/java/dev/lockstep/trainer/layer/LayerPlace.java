package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.parameter.ParameterLayout;

/**
 * Where in a network a layer is bound: all that a {@link LayerSpec} needs to become a {@link
 * Layer}.
 *
 * @param index number of the layer, from 0: the coordinate of its random numbers
 * @param name prefix of its tensors' names, PyTorch's name of the module
 * @param inputShape shape of one input row
 * @param beforeBatchNorm whether the next layer of the same stack is batch norm
 * @param builder where the layer reserves its tensors
 */
public record LayerPlace(
    int index,
    String name,
    Shape inputShape,
    boolean beforeBatchNorm,
    ParameterLayout.Builder builder) {}
