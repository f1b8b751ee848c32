package dev.lockstep.driver.cluster.wire;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BiConsumer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.AbstractAuthRpcHandler;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * Looks at what a connection brings before it is authenticated: the texts and arrays of a challenge
 * must lie within it. Spark's decoder would first allocate what they claim to need.
 *
 * <pre>
 *   AuthMessage  byte 0xFB, then three times: int length, bytes
 *   SaslMessage  byte 0xEA, then int length, bytes, and the rest
 * </pre>
 */
final class ChallengeGate extends RpcHandler {
  private static final byte AUTH_MESSAGE = (byte) 0xFB;
  private static final byte SASL_MESSAGE = (byte) 0xEA;

  private final AbstractAuthRpcHandler authenticating;
  private final BiConsumer<SocketAddress, String> refusals;

  /**
   * A gate before Spark's authentication.
   *
   * @param refusals is told who was refused and why
   */
  ChallengeGate(AbstractAuthRpcHandler authenticating, BiConsumer<SocketAddress, String> refusals) {
    this.authenticating = authenticating;
    this.refusals = refusals;
  }

  @Override
  public void receive(TransportClient from, ByteBuffer message, RpcResponseCallback answer) {
    if (authenticating.isAuthenticated() || isChallenge(message.duplicate())) {
      authenticating.receive(from, message, answer);
      return;
    }
    String reason = "a message that is no challenge, before authentication";
    refusals.accept(from.getSocketAddress(), reason);
    answer.onFailure(new IllegalArgumentException(reason));
    from.close();
  }

  private static boolean isChallenge(ByteBuffer message) {
    message.order(ByteOrder.BIG_ENDIAN);
    if (!message.hasRemaining()) {
      return false;
    }
    byte kind = message.get();
    int fields = kind == AUTH_MESSAGE ? 3 : kind == SASL_MESSAGE ? 1 : 0;
    for (int field = 0; field < fields; field++) {
      if (message.remaining() < Integer.BYTES) {
        return false;
      }
      int length = message.getInt();
      if (length < 0 || length > message.remaining()) {
        return false;
      }
      message.position(message.position() + length);
    }
    return fields > 0;
  }

  @Override
  public void receive(TransportClient from, ByteBuffer message) {
    authenticating.receive(from, message);
  }

  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient from, ByteBuffer header, RpcResponseCallback answer) {
    return authenticating.receiveStream(from, header, answer);
  }

  @Override
  public StreamManager getStreamManager() {
    return authenticating.getStreamManager();
  }

  @Override
  public MergedBlockMetaReqHandler getMergedBlockMetaReqHandler() {
    return authenticating.getMergedBlockMetaReqHandler();
  }

  @Override
  public void channelActive(TransportClient from) {
    authenticating.channelActive(from);
  }

  @Override
  public void channelInactive(TransportClient from) {
    authenticating.channelInactive(from);
  }

  @Override
  public void exceptionCaught(Throwable failure, TransportClient from) {
    authenticating.exceptionCaught(failure, from);
  }
}
