package dev.lockstep.driver.cluster.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.cluster.TrainingFixture;
import io.netty.buffer.PooledByteBufAllocatorMetric;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.util.NettyUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw sockets at the port of a barrier stage at work, whatever they send. */
class BarrierStrangersTest {
  private static final int TIMEOUT_MILLISECONDS = 20_000;
  private static final int LYING = Integer.MAX_VALUE - 8;
  private static final byte STREAM_REQUEST = 6;
  private static final byte RPC_REQUEST = 3;
  private static final byte AUTH_MESSAGE = (byte) 0xFB;
  private static final byte SASL_MESSAGE = (byte) 0xEA;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    Threads.awaitNone("lockstep-");
    assertThat(Stations.count()).as("stations").isZero();
  }

  /** Everything that must be refused by its first bytes, with the connection closed. */
  private static List<byte[]> lies() {
    List<byte[]> lies = new ArrayList<>();
    lies.add("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    lies.add(new byte[1 << 20]);
    // Frames that claim to be longer than any message, or shorter than their own header.
    for (long length : new long[] {Long.MAX_VALUE, -1, LYING, 1L << 30, 8, 0}) {
      lies.add(ByteBuffer.allocate(16).putLong(length).put(RPC_REQUEST).array());
    }
    // A short message with a text that claims to be 2 GB long.
    lies.add(ByteBuffer.allocate(13).putLong(13).put(STREAM_REQUEST).putInt(LYING).array());
    for (byte type = 0; type < 14; type++) {
      if (type != RPC_REQUEST) {
        lies.add(ByteBuffer.allocate(13).putLong(13).put(type).putInt(LYING).array());
      }
    }
    return lies;
  }

  /** A request whose body claims a text of 2 GB, in the form of a challenge. */
  private static byte[] lyingChallenge(byte kind) {
    ByteBuffer frame = ByteBuffer.allocate(26).putLong(26).put(RPC_REQUEST);
    return frame.putLong(1).putInt(5).put(kind).putInt(LYING).array();
  }

  private static Socket send(int port, byte[] bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLISECONDS);
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException closedAlready) {
      assertThat(closedAlready).hasMessageMatching("(?i).*(reset|broken pipe|closed|aborted).*");
    }
    return socket;
  }

  /** Sends bytes and waits until the other side hangs up. */
  private static void assertHungUp(int port, byte[] bytes) throws IOException {
    try (Socket socket = send(port, bytes)) {
      assertThat(hangsUp(socket)).isTrue();
    }
  }

  /** Waits for the other side to hang up; false where it does not. */
  private static boolean hangsUp(Socket socket) {
    byte[] answer = new byte[1 << 12];
    try {
      InputStream in = socket.getInputStream();
      int read;
      do {
        read = in.read(answer);
      } while (read >= 0);
      return true;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    } catch (IOException reset) {
      assertThat(reset).hasMessageMatching("(?i).*(reset|broken pipe|closed|aborted).*");
      return true;
    }
  }

  /** Bytes of Spark's shared pools: there is one for servers and one for clients. */
  private static long transportMemory() {
    long bytes = 0;
    for (boolean cached : new boolean[] {true, false}) {
      PooledByteBufAllocatorMetric pool =
          NettyUtils.getSharedPooledByteBufAllocator(true, cached).metric();
      bytes += pool.usedDirectMemory() + pool.usedHeapMemory();
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoeverSendsWhateverChangesNoBit(boolean authenticated) throws Exception {
    GeneratedRun run = GeneratedRun.of(4);
    Map<String, String> settings = new HashMap<>();
    settings.put("spark.network.auth.rpcTimeout", "5s");
    if (authenticated) {
      settings.put("spark.authenticate", "true");
      settings.put("spark.authenticate.secret", "a secret of this test");
      settings.put("spark.network.crypto.enabled", "true");
    }
    List<Socket> halfOpen = new ArrayList<>();
    try (JavaSparkContext spark = TrainingFixture.spark("local[4]", settings);
        BarrierReplicas replicas = run.barrier(spark, 4, true)) {
      long[] memory = new long[1];
      long digest =
          GeneratedRun.digest(
              replicas,
              run,
              9,
              step -> {
                int port = replicas.port();
                if (step == 2) {
                  memory[0] = transportMemory();
                  assertThat(memory[0]).as("bytes of the stage's own messages").isPositive();
                  // Nothing, a part of a length, and a frame whose end never comes.
                  halfOpen.add(send(port, new byte[0]));
                  halfOpen.add(send(port, new byte[] {0, 0, 0}));
                  byte[] part = ByteBuffer.allocate(64).putLong(1000).put(RPC_REQUEST).array();
                  halfOpen.add(send(port, part));
                }
                if (step == 4) {
                  for (byte[] lie : lies()) {
                    assertHungUp(port, lie);
                  }
                }
                if (step == 6 && authenticated) {
                  assertHungUp(port, lyingChallenge(AUTH_MESSAGE));
                  assertHungUp(port, lyingChallenge(SASL_MESSAGE));
                  assertHungUp(port, lyingChallenge((byte) 0));
                } else if (step == 6) {
                  assertHungUp(port, lyingChallenge(AUTH_MESSAGE));
                }
              });
      assertThat(digest).isEqualTo(run.expected(9));
      assertThat(replicas.starts()).isEqualTo(1);
      assertThat(replicas.strangers()).isGreaterThanOrEqualTo(lies().size());
      for (Socket socket : halfOpen) {
        assertThat(hangsUp(socket)).as("a connection that says too little is closed").isTrue();
      }
      assertThat(transportMemory() - memory[0]).as("bytes of buffers").isLessThan(64 << 20);
    } finally {
      for (Socket socket : halfOpen) {
        socket.close();
      }
    }
  }

  /** On one machine nobody from outside can connect. */
  @Test
  void aLocalMasterListensOnTheLoopbackAddressOnly() throws IOException {
    GeneratedRun run = GeneratedRun.of(2);
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        BarrierReplicas replicas = run.barrier(spark, 2, true)) {
      replicas.compute(run.parameters(), run.step(1));
      assertThat(spark.getConf().get("spark.driver.bindAddress")).isEqualTo("127.0.0.1");
      assertThat(reachable(InetAddress.getLoopbackAddress(), replicas.port())).isTrue();
      for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        for (InetAddress address : Collections.list(network.getInetAddresses())) {
          assertThat(reachable(address, replicas.port()))
              .as(address.toString())
              .isEqualTo(address.equals(InetAddress.getLoopbackAddress()));
        }
      }
    }
    // Where tasks share the driver's memory there is no port at all.
    try (JavaSparkContext spark = TrainingFixture.spark("local[2]");
        BarrierReplicas replicas = run.barrier(spark, 2, false)) {
      replicas.compute(run.parameters(), run.step(1));
      assertThat(replicas.port()).isZero();
    }
  }

  private static boolean reachable(InetAddress address, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), TIMEOUT_MILLISECONDS);
      return socket.isConnected();
    } catch (SocketException | SocketTimeoutException nobodyThere) {
      return false;
    }
  }
}
