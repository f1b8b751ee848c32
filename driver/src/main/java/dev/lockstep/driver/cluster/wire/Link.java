package dev.lockstep.driver.cluster.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/**
 * Sends along one connection from a few buffers that are used again once their receipt came, so
 * filling one, sending another and the other side's work overlap. Several threads may send at once.
 */
public final class Link {
  private static final int BUFFERS = 4;

  private final TransportClient client;
  private final String name;
  private final int capacity;
  private final Consumer<Throwable> onLoss;
  private final ArrayBlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
  private final AtomicInteger buffers = new AtomicInteger();
  private volatile Throwable failure;
  private volatile long lastReceipt;

  /**
   * A link over an open connection.
   *
   * @param name the other side, for messages
   * @param capacity bytes of the largest message
   * @param onLoss told at once, by a thread of the transport, where the other side does not take a
   *     message: there may be no later one that would show it
   */
  public Link(TransportClient client, String name, int capacity, Consumer<Throwable> onLoss) {
    this.client = client;
    this.name = name;
    this.capacity = capacity;
    this.onLoss = onLoss;
  }

  /** The other side, for messages. */
  public String name() {
    return name;
  }

  /** {@link System#nanoTime} of the newest receipt for a message. */
  public long lastReceipt() {
    return lastReceipt;
  }

  /**
   * An empty buffer, to be given to {@link #send}.
   *
   * @param seconds how long to wait for one
   * @throws IOException where the other side refused a message, is gone, or took none in that time
   */
  public ByteBuffer borrow(long seconds) throws IOException, InterruptedException {
    ByteBuffer buffer = free.poll();
    if (buffer == null && buffers.get() < BUFFERS && buffers.incrementAndGet() <= BUFFERS) {
      buffer = ByteBuffer.allocateDirect(capacity);
    }
    if (buffer == null) {
      buffer = free.poll(seconds, TimeUnit.SECONDS);
    }
    Throwable reason = failure;
    if (reason != null) {
      throw new IOException(name + " did not take a message: " + reason.getMessage(), reason);
    }
    if (buffer == null) {
      throw new IOException(name + " took no message for " + seconds + " s");
    }
    return buffer.clear();
  }

  /** Sends a buffer that was borrowed, from its beginning to its position. */
  public void send(ByteBuffer buffer) {
    buffer.flip();
    client.sendRpc(
        buffer,
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer receipt) {
            lastReceipt = System.nanoTime();
            free.add(buffer);
          }

          @Override
          public void onFailure(Throwable reason) {
            failure = reason;
            free.add(buffer);
            onLoss.accept(reason);
          }
        });
  }

  /** Sends a message whose answer is wanted. */
  public CompletableFuture<ByteBuffer> ask(ByteBuffer message) {
    CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
    client.sendRpc(
        message,
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            // The transport takes its buffer back.
            ByteBuffer copy = ByteBuffer.allocate(response.remaining());
            answer.complete(copy.put(response).flip());
          }

          @Override
          public void onFailure(Throwable reason) {
            answer.completeExceptionally(reason);
          }
        });
    return answer;
  }

  /**
   * Sends a message whose answer does not matter.
   *
   * @param refused is told where the other side does not take it
   */
  public void tell(ByteBuffer message, Consumer<Throwable> refused) {
    client.sendRpc(
        message,
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer receipt) {
            lastReceipt = System.nanoTime();
          }

          @Override
          public void onFailure(Throwable reason) {
            refused.accept(reason);
          }
        });
  }

  /** Whether this link leads along the given connection. */
  public boolean leadsAlong(TransportClient connection) {
    return client == connection;
  }

  /** Closes the connection. */
  public void close() {
    client.close();
  }
}
