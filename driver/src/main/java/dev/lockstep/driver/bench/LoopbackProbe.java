package dev.lockstep.driver.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** What messages cost this machine itself: an echo over a loopback connection. */
final class LoopbackProbe implements AutoCloseable {
  private static final double NANO = 1e-9;

  private final ServerSocket server;
  private final Socket socket;

  LoopbackProbe() throws IOException {
    this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread echo = new Thread(this::echo, "lockstep-echo");
    echo.setDaemon(true);
    echo.start();
    this.socket = new Socket(server.getInetAddress(), server.getLocalPort());
    socket.setTcpNoDelay(true);
  }

  /** Answers each message, a length and as many bytes, with itself. */
  private void echo() {
    try (Socket peer = server.accept();
        DataInputStream input = new DataInputStream(peer.getInputStream());
        OutputStream output = peer.getOutputStream()) {
      peer.setTcpNoDelay(true);
      byte[] bytes = new byte[0];
      for (int length = input.readInt(); length > 0; length = input.readInt()) {
        if (bytes.length != length) {
          bytes = new byte[length];
        }
        input.readFully(bytes);
        output.write(bytes);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Seconds of each of {@code count} round trips of {@code length} bytes. */
  double[] roundTrips(int length, int count) throws IOException {
    byte[] message = new byte[Integer.BYTES + length];
    for (int i = 0; i < Integer.BYTES; i++) {
      message[i] = (byte) (length >>> (8 * (Integer.BYTES - 1 - i)));
    }
    byte[] answer = new byte[length];
    double[] seconds = new double[count];
    InputStream input = socket.getInputStream();
    for (int i = 0; i < count; i++) {
      message[message.length - 1] = (byte) i;
      long start = System.nanoTime();
      socket.getOutputStream().write(message);
      int read = input.readNBytes(answer, 0, length);
      seconds[i] = (System.nanoTime() - start) * NANO;
      if (read != length || answer[length - 1] != (byte) i) {
        throw new IOException("the echo of " + length + " bytes is not what was sent");
      }
    }
    return seconds;
  }

  @Override
  public void close() throws IOException {
    socket.getOutputStream().write(new byte[Integer.BYTES]);
    socket.close();
    server.close();
  }
}
