package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.driver.cluster.TrainingFixture;
import dev.lockstep.driver.cluster.wire.Endpoint;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Link;
import dev.lockstep.driver.cluster.wire.MessageKind;
import dev.lockstep.driver.cluster.wire.Receiver;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The barrier stage on the network: how much arrives, and from whom. */
class BarrierNetworkTest {
  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    Threads.awaitNone("lockstep-");
    assertThat(Stations.count()).as("stations").isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 16, 64})
  void theDriverReceivesAtMostThreeGradients(int partitions) throws Exception {
    GeneratedRun run =
        new GeneratedRun(
            partitions,
            List.of(GeneratedRun.dense(600), GeneratedRun.dense(GeneratedRun.CLASSES)),
            300);
    try (JavaSparkContext spark = TrainingFixture.spark("local[" + partitions + "]");
        BarrierReplicas replicas = run.barrier(spark, partitions, true)) {
      ParameterVector parameters = run.parameters();
      replicas.compute(parameters, run.step(1));
      long before = replicas.bytesReceived();
      int steps = 5;
      for (int step = 2; step <= 1 + steps; step++) {
        replicas.compute(parameters, run.step(step));
      }
      double gradients =
          (double) (replicas.bytesReceived() - before)
              / steps
              / (replicas.parameterCount() * Float.BYTES);
      // Headers and sums of metrics are small beside a gradient.
      assertThat(gradients).isBetween(1.0, 2.2);
    }
  }

  /** Sends what is not of the run, and goes on training. */
  @Test
  void strangersAreRefusedAndChangeNothing() throws Exception {
    GeneratedRun run = GeneratedRun.of(4);
    try (JavaSparkContext spark = TrainingFixture.spark("local[4]");
        BarrierReplicas replicas = run.barrier(spark, 4, true);
        Endpoint stranger = endpoint(UUID.randomUUID(), spark.getConf(), null)) {
      long digest =
          GeneratedRun.digest(
              replicas,
              run,
              9,
              step -> {
                if (step == 3) {
                  sendRaw(
                      replicas.port(), "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                  sendRaw(replicas.port(), new byte[] {127, -1, -1, -1, -1, -1, -1, -1, 3, 1});
                  sendRaw(replicas.port(), new byte[1 << 20]);
                }
                if (step == 5) {
                  assertRefused(stranger, replicas.port());
                }
              });
      assertThat(digest).isEqualTo(run.expected(9));
      assertThat(replicas.starts()).isEqualTo(1);
    }
  }

  private static void assertRefused(Endpoint stranger, int port) throws Exception {
    TransportClient client = stranger.connect("127.0.0.1", port);
    Link link = new Link(client, "the driver", 1024, loss -> {});
    ByteBuffer message = new Envelope(UUID.randomUUID(), 1, MessageKind.STOP, 0).alone();
    assertThatThrownBy(() -> link.ask(message).get(20, TimeUnit.SECONDS))
        .hasMessageContaining("another run");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (client.isActive() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertThat(client.isActive()).as("the stranger's connection").isFalse();
    CompletableFuture<Throwable> loss = new CompletableFuture<>();
    Link another =
        new Link(stranger.connect("127.0.0.1", port), "the driver", 1024, loss::complete);
    another.send(another.borrow(1).put(message.rewind()));
    assertThat(loss.get(20, TimeUnit.SECONDS))
        .as("what is told without another message")
        .hasMessageContaining("another run");
  }

  private static void sendRaw(int port, byte[] bytes) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException refused) {
      // The driver may close while this still writes.
      assertThat(refused).hasMessageMatching("(?i).*(reset|broken pipe|closed|aborted).*");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, , ",
    "true, AES/CTR/NoPadding, 1",
    "true, AES/CTR/NoPadding, 2",
    "true, , ",
  })
  void authenticatedAndEncryptedConnectionsGiveTheSameBits(
      boolean crypto, String cipher, String version) throws Exception {
    GeneratedRun run = GeneratedRun.of(5);
    Map<String, String> settings = new HashMap<>();
    settings.put("spark.authenticate", "true");
    settings.put("spark.authenticate.secret", "a secret of this test");
    settings.put("spark.network.crypto.enabled", Boolean.toString(crypto));
    if (!crypto) {
      settings.put("spark.authenticate.enableSaslEncryption", "true");
    }
    if (cipher != null) {
      settings.put("spark.network.crypto.cipher", cipher);
    }
    if (version != null) {
      settings.put("spark.network.crypto.authEngineVersion", version);
    }
    try (JavaSparkContext spark = TrainingFixture.spark("local[5]", settings);
        BarrierReplicas replicas = run.barrier(spark, 5, true)) {
      long digest =
          GeneratedRun.digest(
              replicas,
              run,
              5,
              step -> {
                if (step == 3) {
                  assertLockedOut(spark.getConf(), replicas.port());
                }
              });
      assertThat(digest).isEqualTo(run.expected(5));
      assertThat(replicas.starts()).isEqualTo(1);
    }
  }

  @Test
  void aCipherThatLosesMessagesIsRefused() {
    Map<String, String> settings =
        Map.of(
            "spark.authenticate", "true",
            "spark.authenticate.secret", "a secret of this test",
            "spark.network.crypto.enabled", "true",
            "spark.network.crypto.cipher", "AES/GCM/NoPadding");
    GeneratedRun run = GeneratedRun.of(2);
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]", settings)) {
      assertThatThrownBy(() -> run.barrier(spark, 2, true))
          .isInstanceOf(LockstepException.class)
          .hasMessageContainingAll("spark.network.crypto.cipher", "AES/CTR/NoPadding");
    }
  }

  /** Neither another secret nor none opens the door. */
  private static void assertLockedOut(SparkConf settings, int port) throws Exception {
    SparkConf otherSecret =
        settings
            .clone()
            .set("spark.lockstep.io.connectionTimeout", "10s")
            .set("spark.network.auth.rpcTimeout", "5s");
    try (Endpoint stranger = endpoint(UUID.randomUUID(), otherSecret, "another secret")) {
      assertThatThrownBy(() -> stranger.connect("127.0.0.1", port)).isInstanceOf(IOException.class);
    }
    try (Endpoint stranger = endpoint(UUID.randomUUID(), settings, null)) {
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

  private static Endpoint endpoint(UUID run, SparkConf settings, String secret) {
    return new Endpoint(
        run,
        settings,
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

  @Test
  void aThousandStepsLeaveNothingBehind() throws Exception {
    GeneratedRun run = GeneratedRun.of(5);
    try (JavaSparkContext spark = TrainingFixture.spark("local[5]")) {
      for (boolean isolated : List.of(false, true)) {
        try (BarrierReplicas replicas = run.barrier(spark, 5, isolated)) {
          int[] threads = new int[1];
          int[] blocks = new int[1];
          long[] heap = new long[1];
          GeneratedRun.digest(
              replicas,
              run,
              1300,
              step -> {
                if (step == 300) {
                  threads[0] = Threads.named("lockstep-").size();
                  blocks[0] = broadcastBlocks();
                  heap[0] = heapAfterCollection();
                }
              });
          assertThat(Threads.named("lockstep-")).as("threads").hasSize(threads[0]);
          assertThat(broadcastBlocks()).as("broadcast blocks").isLessThanOrEqualTo(blocks[0]);
          assertThat(heapAfterCollection() - heap[0]).as("heap growth").isLessThan(8 << 20);
          assertThat(replicas.starts()).isEqualTo(1);
        }
        Threads.awaitNone("lockstep-");
      }
    }
  }

  private static int broadcastBlocks() {
    return SparkEnv.get().blockManager().getMatchingBlockIds(id -> id.isBroadcast()).size();
  }

  /** The least of several looks: what a collection finds dead, Spark's cleaner frees afterwards. */
  private static long heapAfterCollection() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int look = 0; look < 3; look++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
      LockSupport.parkNanos(50_000_000);
    }
    return least;
  }
}
