package dev.lockstep.driver.cluster.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.spark.network.protocol.Message;

/**
 * Stands before the transport's decoders on a connection that somebody opened, until a message with
 * the run's token came along it: lets requests of a reasonable size pass and closes the connection
 * at anything else. The decoders behind would believe whatever length they are told, keep up to 2
 * GB of a frame, and allocate what a text in it claims to need, all of it before any
 * authentication. Nor may a connection stay open for long that says nothing of the kind.
 *
 * <pre>
 *   0  long  length of the frame, this number included, big-endian
 *   8  byte  type of the message
 *   9  …     passes unseen
 * </pre>
 *
 * Only the connection's own thread uses it.
 */
final class FrameGate extends ChannelInboundHandlerAdapter {
  /** Its name among the connection's handlers. */
  static final String NAME = "lockstepFrameGate";

  private static final int HEADER_BYTES = Long.BYTES + 1;

  private final long largestFrame;
  private final long patienceMilliseconds;
  private final BiConsumer<SocketAddress, String> refusals;
  private int headerBytes;
  private long length;
  private long left;

  /** Null as long as the gate is open. */
  private ChannelFuture closing;

  /** Null before the gate stands. */
  private ScheduledFuture<?> endOfPatience;

  /**
   * A gate.
   *
   * @param largestFrame bytes of the largest frame that passes
   * @param patienceMilliseconds how long the message with the token may be in coming
   * @param refusals is told who was refused and why
   */
  FrameGate(
      long largestFrame, long patienceMilliseconds, BiConsumer<SocketAddress, String> refusals) {
    this.largestFrame = largestFrame;
    this.patienceMilliseconds = patienceMilliseconds;
    this.refusals = refusals;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    endOfPatience =
        context
            .executor()
            .schedule(
                () -> refuse(context, "silence for " + patienceMilliseconds + " ms"),
                patienceMilliseconds,
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    endOfPatience.cancel(false);
  }

  private void refuse(ChannelHandlerContext context, String reason) {
    if (closing == null && context.channel().isActive()) {
      refusals.accept(context.channel().remoteAddress(), reason);
      closing = context.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    String wrong = closing == null && message instanceof ByteBuf bytes ? wrong(bytes) : null;
    if (wrong != null) {
      refuse(context, wrong);
    }
    if (closing != null) {
      ReferenceCountUtil.release(message);
    } else {
      context.fireChannelRead(message);
    }
  }

  /** Follows the frames through the bytes that came; null where all is well. */
  private String wrong(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (left > 0) {
        long passed = Math.min(left, end - at);
        left -= passed;
        at += (int) passed;
      } else if (headerBytes < Long.BYTES) {
        length = (length << Byte.SIZE) | (bytes.getByte(at) & 0xFF);
        headerBytes++;
        at++;
        if (headerBytes == Long.BYTES && (length < HEADER_BYTES || length > largestFrame)) {
          return "a frame of " + Long.toUnsignedString(length) + " bytes";
        }
      } else {
        byte type = bytes.getByte(at);
        at++;
        if (type != Message.Type.RpcRequest.id()) {
          return "a message of type " + type;
        }
        left = length - HEADER_BYTES;
        length = 0;
        headerBytes = 0;
      }
    }
    return null;
  }
}
