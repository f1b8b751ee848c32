package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.ShardTree.Node;

/**
 * A partial sum on its way to the driver.
 *
 * @param node the shards that it covers
 * @param sum what they add up to
 * @param <T> what is summed
 */
public record ShardSum<T extends Mergeable<T>>(Node node, T sum) {}
