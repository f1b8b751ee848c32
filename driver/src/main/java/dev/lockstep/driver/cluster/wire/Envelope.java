package dev.lockstep.driver.cluster.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * What every message begins with, little-endian:
 *
 * <pre>
 *   0   int    mark, {@value #MARK}
 *   4   int    kind
 *   8   long   run, first half
 *   16  long   run, second half
 *   24  long   sequence
 *   32  int    generation
 * </pre>
 *
 * @param run a secret of the run, drawn at random and known to its own tasks only
 * @param generation which start of the run's stage the sender belongs to, from 1
 * @param kind what follows
 * @param sequence which piece of work the message is about, from 1; 0 for none
 */
public record Envelope(UUID run, int generation, MessageKind kind, long sequence) {
  /** Length in bytes. */
  public static final int BYTES = 36;

  private static final int MARK = 0x4C4B5354;

  /** Writes the envelope at the buffer's position and makes the buffer little-endian. */
  public void write(ByteBuffer out) {
    out.order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MARK).putInt(kind.number());
    out.putLong(run.getMostSignificantBits()).putLong(run.getLeastSignificantBits());
    out.putLong(sequence).putInt(generation);
  }

  /** A message without contents. */
  public ByteBuffer alone() {
    ByteBuffer message = ByteBuffer.allocate(BYTES);
    write(message);
    return message.flip();
  }

  /**
   * Reads the envelope at the buffer's position and makes the buffer little-endian.
   *
   * @throws IllegalArgumentException where the bytes are not an envelope
   */
  public static Envelope read(ByteBuffer in) {
    in.order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < BYTES || in.getInt() != MARK) {
      throw new IllegalArgumentException("not a message of Lockstep");
    }
    MessageKind kind = MessageKind.of(in.getInt());
    UUID run = new UUID(in.getLong(), in.getLong());
    long sequence = in.getLong();
    return new Envelope(run, in.getInt(), kind, sequence);
  }
}
