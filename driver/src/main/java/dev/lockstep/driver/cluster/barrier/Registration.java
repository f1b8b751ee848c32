package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What a task tells the driver when it is at work.
 *
 * @param station drawn at random by the task's station
 * @param partition the task's
 * @param executor Spark's name of the executor
 * @param host where it is, for other stations and for messages
 * @param shards numbers of the task's training shards, in order
 */
record Registration(
    UUID station, int partition, String executor, String host, List<Integer> shards) {
  private static final int MAX_TEXT_BYTES = 1024;
  private static final int FIXED_BYTES = 2 * Long.BYTES + Integer.BYTES;

  /** The message. */
  ByteBuffer message(Envelope envelope) {
    ByteBuffer out =
        ByteBuffer.allocate(
            Envelope.BYTES
                + FIXED_BYTES
                + 3 * Integer.BYTES
                + 2 * MAX_TEXT_BYTES
                + shards.size() * Integer.BYTES);
    envelope.write(out);
    out.putLong(station.getMostSignificantBits()).putLong(station.getLeastSignificantBits());
    out.putInt(partition);
    writeText(out, executor);
    writeText(out, host);
    out.putInt(shards.size());
    for (int shard : shards) {
      out.putInt(shard);
    }
    return out.flip();
  }

  /**
   * Reads what follows the envelope.
   *
   * @param maxShards of the run
   */
  static Registration read(ByteBuffer body, int maxShards) {
    MetricsFormat.requireLength(body, FIXED_BYTES);
    UUID station = new UUID(body.getLong(), body.getLong());
    int partition = body.getInt();
    String executor = readText(body);
    String host = readText(body);
    return new Registration(station, partition, executor, host, readInts(body, maxShards));
  }

  /** Writes a text of at most 1 kB, cut off where it is longer. */
  static void writeText(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, MAX_TEXT_BYTES);
    out.order(ByteOrder.LITTLE_ENDIAN).putInt(length).put(bytes, 0, length);
  }

  /** Reads such a text. */
  static String readText(ByteBuffer body) {
    MetricsFormat.requireLength(body, Integer.BYTES);
    int length = body.getInt();
    if (length < 0 || length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException("a text of " + length + " bytes is too long");
    }
    MetricsFormat.requireLength(body, length);
    byte[] bytes = new byte[length];
    body.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Reads a number of integers that follow that number. */
  static List<Integer> readInts(ByteBuffer body, int max) {
    MetricsFormat.requireLength(body, Integer.BYTES);
    int length = body.getInt();
    if (length < 0 || length > max) {
      throw new IllegalArgumentException(length + " numbers came where at most " + max + " can be");
    }
    MetricsFormat.requireLength(body, (long) length * Integer.BYTES);
    List<Integer> numbers = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      numbers.add(body.getInt());
    }
    return numbers;
  }
}
