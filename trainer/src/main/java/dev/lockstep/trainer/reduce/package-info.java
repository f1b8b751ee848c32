/**
 * Sums over shards: what is summed ({@link dev.lockstep.trainer.reduce.Contribution}, {@link
 * dev.lockstep.trainer.reduce.MetricSums}, {@link dev.lockstep.trainer.reduce.Moments}) and the one
 * order in which it is summed ({@link dev.lockstep.trainer.reduce.ShardTree}). {@link
 * dev.lockstep.trainer.reduce.StatisticsExchange} does so in the middle of a step, for layers that
 * need the whole mini-batch.
 *
 * <p>Place in the flow: between the replicas, which fill contributions, and the driver, which
 * divides once and updates. Imports the JDK only. Sums are not safe for several threads at once;
 * {@link dev.lockstep.trainer.reduce.TreeSum} and the exchange are.
 */
package dev.lockstep.trainer.reduce;
