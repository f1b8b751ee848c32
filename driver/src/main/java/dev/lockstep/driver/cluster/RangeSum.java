package dev.lockstep.driver.cluster;

import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.ShardTree.Node;

/**
 * A partial sum over one range of the gradient, on its way to the reducer of that range or from it
 * to the driver. Where it is sent it is a view of a whole contribution; where it arrives it holds
 * the range alone. Metrics travel with every range, because a sum without examples is skipped when
 * sums are merged; batch-norm moments travel with range 0.
 *
 * @param node the shards that it covers
 * @param range number of the range
 * @param sum what they add up to
 * @param from first element of {@code sum}'s gradient that belongs to the range
 * @param to one past the last such element
 */
record RangeSum(Node node, int range, Contribution sum, int from, int to) {}
