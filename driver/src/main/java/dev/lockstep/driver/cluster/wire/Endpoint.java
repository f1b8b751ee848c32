package dev.lockstep.driver.cluster.wire;

import io.netty.channel.ChannelPipeline;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.AbstractAuthRpcHandler;
import org.apache.spark.network.server.OneForOneStreamManager;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * One process's door to the others of its run: connects and, where asked to, listens. Where there
 * is a secret, both sides prove that they know it, and traffic is encrypted as Spark's settings
 * say. Messages without the run's token are refused and their connection is closed; until one with
 * it came, a connection may bring requests of a reasonable size only, and it is closed where none
 * came within {@code spark.network.auth.rpcTimeout} (30 s). The log names the first strangers, then
 * ever fewer of them.
 *
 * <p>The transport's own settings are {@code spark.lockstep.io.*}, named as those of {@code
 * spark.shuffle.io.*}.
 */
public final class Endpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Endpoint.class);
  private static final String MODULE = "lockstep";
  private static final int MAX_THREADS = 8;

  /** Strangers that the log names one by one; after them every 2nd, 4th, 8th … is. */
  private static final int NAMED_STRANGERS = 8;

  /** What the transport puts around a message, and what a handshake needs. */
  private static final int AROUND_A_MESSAGE = 1 << 16;

  private final UUID run;
  private final SecretKeyHolder secret;
  private final TransportConf conf;
  private final TransportContext context;
  private final LongAdder bytesReceived = new LongAdder();
  private final AtomicLong strangers = new AtomicLong();
  private TransportClientFactory clients;
  private TransportServer server;

  /**
   * An endpoint that neither listens nor is connected yet.
   *
   * @param run the run's token
   * @param settings all of Spark's settings
   * @param secret what both sides prove to know, or null where anybody may connect
   * @param receiver takes all messages of the run
   */
  public Endpoint(UUID run, SparkConf settings, SecretKeyHolder secret, Receiver receiver) {
    this.run = run;
    this.secret = secret;
    this.conf = new TransportConf(MODULE, new MapConfigProvider(properties(settings)));
    this.context = new TransportContext(conf, new Handler(receiver));
  }

  private static Map<String, String> properties(SparkConf settings) {
    Map<String, String> properties = new HashMap<>();
    String threads =
        Integer.toString(Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    properties.put("spark.lockstep.io.serverThreads", threads);
    properties.put("spark.lockstep.io.clientThreads", threads);
    for (Tuple2<String, String> setting : settings.getAll()) {
      properties.put(setting._1(), setting._2());
    }
    return properties;
  }

  /** Refuses what is not of this run before anything else looks at it. */
  private final class Handler extends RpcHandler {
    private final Receiver receiver;
    private final StreamManager streams = new OneForOneStreamManager();

    private Handler(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void receive(TransportClient from, ByteBuffer message, RpcResponseCallback answer) {
      bytesReceived.add(message.remaining());
      Envelope envelope;
      try {
        envelope = Envelope.read(message);
        if (!envelope.run().equals(run)) {
          throw new IllegalArgumentException("the message belongs to another run");
        }
      } catch (IllegalArgumentException stranger) {
        refused(from.getSocketAddress(), stranger.getMessage());
        answer.onFailure(stranger);
        from.close();
        return;
      }
      ChannelPipeline handlers = from.getChannel().pipeline();
      if (handlers.get(FrameGate.NAME) != null) {
        handlers.remove(FrameGate.NAME);
      }
      try {
        receiver.receive(from, envelope, message, answer);
      } catch (RuntimeException refusal) {
        answer.onFailure(refusal);
      }
    }

    @Override
    public StreamManager getStreamManager() {
      return streams;
    }

    @Override
    public void channelInactive(TransportClient from) {
      receiver.disconnected(from);
    }
  }

  /** Takes note of somebody who does not belong here. */
  private void refused(SocketAddress from, String reason) {
    long number = strangers.incrementAndGet();
    if (number <= NAMED_STRANGERS || Long.bitCount(number) == 1) {
      LOG.warn("Refused a message from {}: {} (stranger {} at this port)", from, reason, number);
    }
  }

  /** Messages and connections that were refused so far. */
  public long strangers() {
    return strangers.get();
  }

  /** Spark's secret where {@code spark.authenticate} is on, else null. */
  public static SecretKeyHolder sparkSecret(SparkEnv env) {
    return env.securityManager().isAuthenticationEnabled() ? env.securityManager() : null;
  }

  /**
   * Listens for connections.
   *
   * @param host address to bind
   * @param port port to bind, or 0 for any
   * @param retries how many of the next ports may be taken instead where the port is in use
   * @param largestMessage bytes of the largest message that may be the first along a connection
   * @return the port
   * @throws IOException where no port could be bound
   */
  public synchronized int listen(String host, int port, int retries, int largestMessage)
      throws IOException {
    TransportServerBootstrap gates =
        (channel, handler) -> {
          long largestFrame = (long) largestMessage + AROUND_A_MESSAGE;
          channel
              .pipeline()
              .addLast(
                  FrameGate.NAME,
                  new FrameGate(largestFrame, conf.authRTTimeoutMs(), this::refused));
          return handler instanceof AbstractAuthRpcHandler authenticating
              ? new ChallengeGate(authenticating, this::refused)
              : handler;
        };
    List<TransportServerBootstrap> bootstraps =
        secret == null ? List.of(gates) : List.of(new AuthServerBootstrap(conf, secret), gates);
    for (int attempt = 0; ; attempt++) {
      int candidate = port == 0 ? 0 : port + attempt;
      try {
        server = context.createServer(host, candidate, bootstraps);
        return server.getPort();
      } catch (Exception failure) {
        // Not RuntimeException: the transport throws Netty's checked exceptions without declaring
        // them.
        if (!isBindFailure(failure) || port == 0 || attempt >= retries) {
          throw new IOException(
              "cannot listen on " + host + ":" + candidate + ": " + failure.getMessage(), failure);
        }
      }
    }
  }

  private static boolean isBindFailure(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Opens a connection.
   *
   * @throws IOException where nobody answers or the other side does not know the secret
   */
  public TransportClient connect(String host, int port) throws IOException, InterruptedException {
    TransportClientFactory factory;
    synchronized (this) {
      if (clients == null) {
        List<TransportClientBootstrap> bootstraps =
            secret == null ? List.of() : List.of(new AuthClientBootstrap(conf, MODULE, secret));
        clients = context.createClientFactory(bootstraps);
      }
      factory = clients;
    }
    try {
      return factory.createUnmanagedClient(host, port);
    } catch (RuntimeException failure) {
      throw new IOException(
          "cannot connect to " + host + ":" + port + ": " + failure.getMessage(), failure);
    }
  }

  /** Bytes of all messages that were received, their framing not counted. */
  public long bytesReceived() {
    return bytesReceived.sum();
  }

  /** Closes all connections; the transport's threads end within seconds. */
  @Override
  public synchronized void close() {
    if (clients != null) {
      clients.close();
      clients = null;
    }
    if (server != null) {
      server.close();
      server = null;
    }
    context.close();
  }
}
