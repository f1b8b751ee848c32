/**
 * Replicas as tasks that stay: one long-lived barrier stage whose tasks exchange parameters and
 * sums with the driver and with each other.
 *
 * <p>Place in the flow: one way of computing a step, beside those in {@code driver.cluster}, whose
 * hosts do the arithmetic. Imports {@code driver.cluster} and {@code driver.cluster.wire}. The
 * driver's thread asks, tasks and the transport's threads answer; every class says which of them
 * use it.
 */
package dev.lockstep.driver.cluster.barrier;
