package dev.lockstep.driver.cluster.wire;

import java.nio.ByteBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/** Takes messages, on the threads of the transport: nothing here may wait for another message. */
public interface Receiver {
  /**
   * Takes a message of this run.
   *
   * @param from the connection that it came along, which also leads back
   * @param body what follows the envelope, little-endian; valid until this method returns
   * @param answer to be called once, now or later; an exception is answered as a failure
   */
  void receive(
      TransportClient from, Envelope envelope, ByteBuffer body, RpcResponseCallback answer);

  /** A connection is gone. */
  void disconnected(TransportClient from);
}
