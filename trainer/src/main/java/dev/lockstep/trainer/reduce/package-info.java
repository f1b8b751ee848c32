/**
 * Sums over shards: what is summed ({@link dev.lockstep.trainer.reduce.Contribution}, {@link
 * dev.lockstep.trainer.reduce.MetricSums}, {@link dev.lockstep.trainer.reduce.Moments}) and the one
 * order in which it is summed ({@link dev.lockstep.trainer.reduce.ShardTree}).
 *
 * <p>Place in the flow: between the replicas, which fill contributions, and the driver, which
 * divides once and updates. Imports the JDK only. Sums are not safe for several threads at once;
 * {@link dev.lockstep.trainer.reduce.TreeSum} is.
 */
package dev.lockstep.trainer.reduce;
