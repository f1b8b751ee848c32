package dev.lockstep.datasets.pack;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Float32 arrays as raw little-endian bytes, in chunks, so that no array of bytes is as large as
 * the block.
 */
public final class FloatBlocks {
  private static final int CHUNK_FLOATS = 1 << 14;

  private FloatBlocks() {}

  /** Writes {@code values[0 .. count)}, without the count. */
  public static void write(Output output, float[] values, int count) {
    write(output, values, 0, count);
  }

  /** Writes {@code values[start .. start + count)}, without the count. */
  public static void write(Output output, float[] values, int start, int count) {
    byte[] bytes = new byte[Math.min(count, CHUNK_FLOATS) * Float.BYTES];
    ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < count; from += CHUNK_FLOATS) {
      int length = Math.min(CHUNK_FLOATS, count - from);
      chunk.asFloatBuffer().put(values, start + from, length);
      output.writeBytes(bytes, 0, length * Float.BYTES);
    }
  }

  /** Reads {@code count} values. */
  public static float[] read(Input input, int count) {
    float[] values = new float[count];
    byte[] bytes = new byte[Math.min(count, CHUNK_FLOATS) * Float.BYTES];
    ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < count; from += CHUNK_FLOATS) {
      int length = Math.min(CHUNK_FLOATS, count - from);
      input.readBytes(bytes, 0, length * Float.BYTES);
      chunk.asFloatBuffer().get(values, from, length);
    }
    return values;
  }
}
