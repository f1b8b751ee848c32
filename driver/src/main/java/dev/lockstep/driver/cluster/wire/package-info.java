/**
 * Messages between the processes of a run over Spark's own transport library, so that Spark's
 * authentication and encryption hold for them too: {@link
 * dev.lockstep.driver.cluster.wire.Endpoint} opens and accepts connections, {@link
 * dev.lockstep.driver.cluster.wire.Link} sends along one, {@link
 * dev.lockstep.driver.cluster.wire.Envelope} is what every message begins with.
 *
 * <p>Place in the flow: under the barrier stage of {@code driver.cluster}. Imports Spark's network
 * classes; knows nothing of networks, shards or sums. Everything is safe for several threads at
 * once; receivers run on the transport's threads and must not wait there.
 */
package dev.lockstep.driver.cluster.wire;
