/**
 * The cluster: {@link dev.lockstep.driver.cluster.Replicas} and its implementations, which all give
 * the same bits.
 *
 * <p>Place in the flow: under the loop. {@code Replicas}, {@code LocalReplicas} and what they need
 * import no Spark; the rest does. One step at a time; the hosts inside an executor are safe for
 * several tasks at once.
 */
package dev.lockstep.driver.cluster;
