package dev.lockstep.notebooks.kernel;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ.Socket;

/**
 * Jupyter's side of the protocol, over real sockets: starts a kernel on a thread of its own, and
 * sends it requests one by one. Without a key, so messages carry no signature.
 */
final class ProtocolClient {
  private static final String DELIMITER = "<IDS|MSG>";
  private static final int TIMEOUT_MILLISECONDS = 120_000;

  private final ZContext context = new ZContext();
  private final Socket shell;
  private final Socket control;
  private final Socket published;
  private final Thread kernel;
  private int requests;

  ProtocolClient() {
    JsonObject file = new JsonObject();
    file.addProperty("transport", "tcp");
    file.addProperty("ip", "127.0.0.1");
    file.addProperty("signature_scheme", "hmac-sha256");
    file.addProperty("key", "");
    List<String> names =
        List.of("shell_port", "control_port", "iopub_port", "stdin_port", "hb_port");
    List<Integer> ports = freePorts(names.size());
    for (int i = 0; i < names.size(); i++) {
      file.addProperty(names.get(i), ports.get(i));
    }
    kernel = new Thread(() -> serve(file.toString()), "kernel");
    kernel.start();
    shell = connect(SocketType.DEALER, ports.get(0));
    control = connect(SocketType.DEALER, ports.get(1));
    published = connect(SocketType.SUB, ports.get(2));
    published.subscribe("");
    // The first answers may come before the subscription is known to the kernel.
    request(shell, "kernel_info_request", new JsonObject());
  }

  /** What the kernel publishes while it executes a cell, and its reply as the last message. */
  List<JsonObject> execute(String code) {
    JsonObject content = new JsonObject();
    content.addProperty("code", code);
    content.addProperty("silent", false);
    content.addProperty("store_history", true);
    content.add("user_expressions", new JsonObject());
    content.addProperty("allow_stdin", false);
    content.addProperty("stop_on_error", true);
    return request(shell, "execute_request", content);
  }

  /** The reply to any other request. */
  JsonObject ask(String type, JsonObject content) {
    List<JsonObject> messages = request(shell, type, content);
    return messages.get(messages.size() - 1).getAsJsonObject("content");
  }

  /** Sends an interrupt, from whatever thread, and waits until the kernel has acknowledged it. */
  JsonObject interrupt() {
    send(control, "interrupt_request", new JsonObject(), "interrupt");
    return receive(control);
  }

  /** Shuts the kernel down and waits until it has gone. */
  void shutDown() throws InterruptedException {
    JsonObject content = new JsonObject();
    content.addProperty("restart", false);
    send(control, "shutdown_request", content, "shutdown");
    kernel.join(TIMEOUT_MILLISECONDS);
    context.close();
    if (kernel.isAlive()) {
      throw new IllegalStateException("the kernel did not shut down");
    }
  }

  private List<JsonObject> request(Socket socket, String type, JsonObject content) {
    String id = "request-" + requests++;
    send(socket, type, content, id);
    JsonObject reply = receive(socket);
    List<JsonObject> messages = new ArrayList<>();
    if (type.equals("execute_request")) {
      JsonObject message = receive(published);
      while (!isIdle(message, id)) {
        if (belongsTo(message, id)) {
          messages.add(message);
        }
        message = receive(published);
      }
    }
    messages.add(reply);
    return messages;
  }

  private static boolean isIdle(JsonObject message, String id) {
    return belongsTo(message, id)
        && message.get("type").getAsString().equals("status")
        && message.getAsJsonObject("content").get("execution_state").getAsString().equals("idle");
  }

  private static boolean belongsTo(JsonObject message, String id) {
    return message.getAsJsonObject("parent").has("msg_id")
        && message.getAsJsonObject("parent").get("msg_id").getAsString().equals(id);
  }

  private Socket connect(SocketType type, int port) {
    Socket socket = context.createSocket(type);
    socket.setReceiveTimeOut(TIMEOUT_MILLISECONDS);
    socket.connect("tcp://127.0.0.1:" + port);
    return socket;
  }

  private static void send(Socket socket, String type, JsonObject content, String id) {
    JsonObject header = new JsonObject();
    header.addProperty("msg_id", id);
    header.addProperty("session", "test");
    header.addProperty("username", "test");
    header.addProperty("date", "2026-01-01T00:00:00.000000Z");
    header.addProperty("msg_type", type);
    header.addProperty("version", "5.3");
    socket.sendMore(DELIMITER);
    socket.sendMore("");
    socket.sendMore(header.toString());
    socket.sendMore("{}");
    socket.sendMore("{}");
    socket.send(content.toString());
  }

  /** A message as {@code {type, parent, content}}. */
  private static JsonObject receive(Socket socket) {
    List<String> frames = new ArrayList<>();
    do {
      byte[] frame = socket.recv();
      if (frame == null) {
        throw new IllegalStateException("no message from the kernel, but " + frames);
      }
      frames.add(new String(frame, StandardCharsets.UTF_8));
    } while (socket.hasReceiveMore());
    int start = frames.indexOf(DELIMITER) + 2;
    JsonObject message = new JsonObject();
    message.add(
        "type", JsonParser.parseString(frames.get(start)).getAsJsonObject().get("msg_type"));
    message.add("parent", JsonParser.parseString(frames.get(start + 1)));
    message.add("content", JsonParser.parseString(frames.get(start + 3)));
    return message;
  }

  private static List<Integer> freePorts(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports.add(socket.getLocalPort());
      }
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return ports;
  }

  private static void serve(String connectionFile) {
    try {
      KernelMain.serve(connectionFile);
    } catch (GeneralSecurityException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The strings of a JSON array. */
  static List<String> strings(JsonArray array) {
    List<String> strings = new ArrayList<>();
    array.forEach(element -> strings.add(element.getAsString()));
    return strings;
  }
}
