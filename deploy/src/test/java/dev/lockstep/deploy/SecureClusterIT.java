package dev.lockstep.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.cluster.wire.Endpoint;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Link;
import dev.lockstep.driver.cluster.wire.MessageKind;
import dev.lockstep.driver.cluster.wire.Receiver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs whose processes prove to know a secret and encrypt what they say to one another, under both
 * synchronizers; and strangers at the barrier's port of a run at work, who change no bit of it.
 */
@Tag("clusters")
final class SecureClusterIT {
  private static final Path LOGS = JavaProcess.ROOT.resolve("deploy/target/secure-cluster");
  private static final String SECRET = "the-secret-of-this-test";
  private static final int SHARDS = 5;
  private static final int TREE_STEPS = 50;
  private static final int BARRIER_STEPS = 1500;
  private static final int RAW_CONNECTIONS = 300;

  /** More than the start of Spark and all refusals need, however many strangers there were. */
  private static final int MOST_LOGGED = 1 << 16;

  private static final byte RPC_REQUEST = 3;
  private static final byte STREAM_REQUEST = 6;
  private static final byte AUTH_MESSAGE = (byte) 0xFB;

  private static final Map<String, String> AES =
      Map.of(
          "spark.authenticate", "true",
          "spark.authenticate.secret", SECRET,
          "spark.network.crypto.enabled", "true",
          "spark.io.encryption.enabled", "true");
  private static final Map<String, String> SASL =
      Map.of(
          "spark.authenticate", "true",
          "spark.authenticate.secret", SECRET,
          "spark.authenticate.enableSaslEncryption", "true");

  @Test
  void theTreeUnderAes() throws Exception {
    tree(LOGS.resolve("tree-aes"), AES);
  }

  @Test
  void theTreeUnderSasl() throws Exception {
    tree(LOGS.resolve("tree-sasl"), SASL);
  }

  @Test
  void theBarrierUnderAesWithStrangersAtItsPort() throws Exception {
    barrier(LOGS.resolve("barrier-aes"), AES);
  }

  @Test
  void theBarrierUnderSaslWithStrangersAtItsPort() throws Exception {
    barrier(LOGS.resolve("barrier-sasl"), SASL);
  }

  /** Where nobody has to prove anything, the run's token keeps strangers out. */
  @Test
  void theBarrierWithoutAuthenticationWithStrangersAtItsPort() throws Exception {
    barrier(LOGS.resolve("barrier-open"), Map.of("spark.authenticate", "false"));
  }

  private static void tree(Path folder, Map<String, String> settings) throws Exception {
    String yaml = Runs.yaml("tree", SHARDS, TREE_STEPS);
    try (TrainingProcess training =
        TrainingProcess.start(folder, Runs.LOCAL_CLUSTER, yaml, settings)) {
      training.awaitTheUndisturbedResult();
      assertSecretIsNowhere(folder);
    }
  }

  private static void barrier(Path folder, Map<String, String> security) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Map<String, String> settings = new HashMap<>(security);
    settings.put("spark.lockstep.barrier.port", Integer.toString(port));
    String yaml = Runs.yaml("barrier", SHARDS, BARRIER_STEPS);
    List<Socket> halfOpen = new ArrayList<>();
    try (TrainingProcess training =
        TrainingProcess.start(folder, Runs.LOCAL_CLUSTER, yaml, settings)) {
      training.await("both executors are there", () -> training.executors().size() == 2);
      training.awaitStep(1);
      comeAsAStranger(port, security);
      for (int i = 0; i < RAW_CONNECTIONS; i++) {
        halfOpen.add(send(port, raw().get(i % raw().size())));
      }
      // The strangers were there before the end, not after it.
      assertThat(training.lastStep()).as("last step").isLessThan(BARRIER_STEPS);
      training.awaitTheUndisturbedResult();
      assertThat(training.errors())
          .contains("Refused a message from /127.0.0.1:")
          .doesNotContain("The barrier stage failed", "OutOfMemoryError");
      assertThat(withoutEvents(training.errors()).length())
          .as("characters logged")
          .isLessThan(MOST_LOGGED);
      assertSecretIsNowhere(folder);
    } finally {
      for (Socket socket : halfOpen) {
        socket.close();
      }
    }
  }

  /** Nothing at all, part of a length, a frame without end, and lies of every kind. */
  private static List<byte[]> raw() {
    return List.of(
        new byte[0],
        new byte[] {0, 0, 0},
        ByteBuffer.allocate(64).putLong(1000).put(RPC_REQUEST).array(),
        "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8),
        new byte[1 << 16],
        ByteBuffer.allocate(64).putLong(Long.MAX_VALUE).array(),
        ByteBuffer.allocate(64).putLong(Integer.MAX_VALUE - 8).put(RPC_REQUEST).array(),
        ByteBuffer.allocate(13).putLong(13).put(STREAM_REQUEST).putInt(Integer.MAX_VALUE).array(),
        ByteBuffer.allocate(26)
            .putLong(26)
            .put(RPC_REQUEST)
            .putLong(1)
            .putInt(5)
            .put(AUTH_MESSAGE)
            .putInt(Integer.MAX_VALUE)
            .array());
  }

  private static Socket send(int port, byte[] bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException closedAlready) {
      assertThat(closedAlready).hasMessageMatching("(?i).*(reset|broken pipe|closed|aborted).*");
    }
    return socket;
  }

  /** What is logged but for the steps of the run's own life, which no stranger can make more. */
  private static String withoutEvents(String log) {
    return log.lines()
        .filter(line -> !line.contains(" events: event="))
        .collect(Collectors.joining("\n"));
  }

  /** With Spark's own transport: with another secret, and without authentication. */
  private static void comeAsAStranger(int port, Map<String, String> security) throws Exception {
    SparkConf conf = new SparkConf(false);
    security.forEach(conf::set);
    conf.set("spark.lockstep.io.connectionTimeout", "10s");
    conf.set("spark.network.auth.rpcTimeout", "5s");
    if (security.containsKey("spark.authenticate.secret")) {
      try (Endpoint stranger = endpoint(conf, "another-secret-than-that")) {
        assertThatThrownBy(() -> stranger.connect("127.0.0.1", port))
            .isInstanceOf(IOException.class);
      }
    }
    try (Endpoint stranger = endpoint(conf, null)) {
      Link link = new Link(stranger.connect("127.0.0.1", port), "the driver", 1024, loss -> {});
      ByteBuffer message = new Envelope(UUID.randomUUID(), 1, MessageKind.STOP, 0).alone();
      assertThatThrownBy(() -> link.ask(message).get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
    }
  }

  private record Secret(String key) implements SecretKeyHolder {
    @Override
    public String getSaslUser(String application) {
      return "someone";
    }

    @Override
    public String getSecretKey(String application) {
      return key;
    }
  }

  private static Endpoint endpoint(SparkConf conf, String secret) {
    return new Endpoint(
        UUID.randomUUID(),
        conf,
        secret == null ? null : new Secret(secret),
        new Receiver() {
          @Override
          public void receive(
              TransportClient from,
              Envelope envelope,
              ByteBuffer body,
              RpcResponseCallback answer) {
            throw new IllegalArgumentException("nothing is expected here");
          }

          @Override
          public void disconnected(TransportClient from) {
            assertThat(from).isNotNull();
          }
        });
  }

  /** Neither in the run's folder nor in its logs. */
  private static void assertSecretIsNowhere(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(SECRET);
      }
    }
  }
}
