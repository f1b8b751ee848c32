package dev.lockstep.trainer.model;

import dev.lockstep.trainer.error.LockstepException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads and writes safetensors files: eight bytes of header length, a JSON header with type, shape
 * and place of each tensor, then the little-endian elements without gaps. Source: the format
 * description of the Hugging Face safetensors project.
 *
 * <p>A reader of files from strangers: nothing is allocated that the file's real size does not bear
 * out, and every lie in a header is a data error. Understands F32 and I64, and narrows F64 to
 * float32. Stateless; safe on any thread.
 */
public final class SafeTensors {
  private static final int MAX_HEADER_BYTES = 100_000_000;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int ALIGNMENT = 8;

  private SafeTensors() {}

  /** Writes the tensors in the given order; the stream is flushed and left open. */
  public static void write(List<Tensor> tensors, OutputStream output) throws IOException {
    byte[] text = SafeTensorsHeader.format(tensors).getBytes(StandardCharsets.UTF_8);
    int length = text.length;
    text = Arrays.copyOf(text, (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    Arrays.fill(text, length, text.length, (byte) ' ');
    output.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .array());
    output.write(text);
    for (Tensor tensor : tensors) {
      writeElements(tensor, output);
    }
    output.flush();
  }

  /** Writes a tensor's elements as little-endian bytes. */
  static void writeElements(Tensor tensor, OutputStream output) throws IOException {
    byte[] bytes = new byte[CHUNK_BYTES];
    ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int width = tensor.isFloat() ? Float.BYTES : Long.BYTES;
    for (int done = 0; done < tensor.length(); ) {
      int batch = Math.min(tensor.length() - done, CHUNK_BYTES / width);
      if (tensor.isFloat()) {
        chunk.asFloatBuffer().put(tensor.vector(), tensor.offset() + done, batch);
      } else {
        chunk.asLongBuffer().put(tensor.longs(), done, batch);
      }
      output.write(bytes, 0, batch * width);
      done += batch;
    }
  }

  /**
   * Reads all tensors of a file.
   *
   * @param input positioned at the start of the file; left open
   * @param size the file's size in bytes
   * @param source the file's name, for error messages
   * @throws LockstepException of kind data where the file is not a valid safetensors file
   */
  public static List<Tensor> read(InputStream input, long size, String source) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    read(input, size, source, tensors::add);
    return tensors;
  }

  /**
   * As {@link #read(InputStream, long, String)}, handing each tensor over as soon as it is read, so
   * that no more than one of them needs room beside what they are put into.
   *
   * @param receiver takes the tensors in the order of their elements; may refuse one by throwing
   */
  public static void read(InputStream input, long size, String source, Consumer<Tensor> receiver)
      throws IOException {
    if (size < Long.BYTES) {
      throw broken(source, "it has " + size + " bytes, fewer than a header needs");
    }
    long headerLength =
        ByteBuffer.wrap(exactly(input, Long.BYTES, source))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    if (headerLength < 2 || headerLength > size - Long.BYTES || headerLength > MAX_HEADER_BYTES) {
      throw broken(source, "its header claims " + headerLength + " bytes, the file has " + size);
    }
    String header = decode(exactly(input, (int) headerLength, source), source);
    List<SafeTensorsHeader.Entry> entries =
        new ArrayList<>(SafeTensorsHeader.parse(header, source));
    entries.sort(
        Comparator.comparingLong(SafeTensorsHeader.Entry::start)
            .thenComparingLong(SafeTensorsHeader.Entry::end));
    long position = 0;
    long dataLength = size - Long.BYTES - headerLength;
    for (SafeTensorsHeader.Entry entry : entries) {
      if (entry.start() != position || entry.end() < entry.start() || entry.end() > dataLength) {
        throw broken(
            source,
            "tensor '"
                + entry.name()
                + "' claims bytes "
                + entry.start()
                + " to "
                + entry.end()
                + " of "
                + dataLength
                + ", where tensors must follow each other without gaps");
      }
      position = entry.end();
    }
    if (position != dataLength) {
      throw broken(source, (dataLength - position) + " bytes after the last tensor belong to none");
    }
    for (SafeTensorsHeader.Entry entry : entries) {
      receiver.accept(readTensor(entry, input, source));
    }
  }

  private static Tensor readTensor(SafeTensorsHeader.Entry entry, InputStream input, String source)
      throws IOException {
    int width = entry.type().equals("F32") ? Float.BYTES : Long.BYTES;
    if (!List.of("F32", "F64", "I64").contains(entry.type())) {
      throw broken(
          source,
          "tensor '"
              + entry.name()
              + "' has type "
              + entry.type()
              + "; F32, F64 and I64 can be read");
    }
    long count = 1;
    for (int dimension : entry.shape()) {
      // Both factors are below 2^31, so the product fits.
      count *= dimension;
      if (count > Integer.MAX_VALUE - 8) {
        throw broken(source, "tensor '" + entry.name() + "' has more elements than an array holds");
      }
    }
    if (count * width != entry.end() - entry.start()) {
      throw broken(
          source,
          "tensor '"
              + entry.name()
              + "' of shape "
              + entry.shape()
              + " needs "
              + count * width
              + " bytes, not "
              + (entry.end() - entry.start()));
    }
    boolean isLong = entry.type().equals("I64");
    float[] floats = isLong ? null : new float[(int) count];
    long[] longs = isLong ? new long[(int) count] : null;
    for (int done = 0; done < count; ) {
      int batch = (int) Math.min(count - done, CHUNK_BYTES / width);
      ByteBuffer chunk =
          ByteBuffer.wrap(exactly(input, batch * width, source)).order(ByteOrder.LITTLE_ENDIAN);
      if (isLong) {
        chunk.asLongBuffer().get(longs, done, batch);
      } else if (width == Float.BYTES) {
        chunk.asFloatBuffer().get(floats, done, batch);
      } else {
        for (int i = done; i < done + batch; i++) {
          floats[i] = (float) chunk.getDouble();
        }
      }
      done += batch;
    }
    return isLong
        ? Tensor.ofLongs(entry.name(), entry.shape(), longs)
        : Tensor.ofFloats(entry.name(), entry.shape(), floats);
  }

  private static String decode(byte[] header, String source) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
    } catch (CharacterCodingException malformed) {
      throw broken(source, "its header is not UTF-8 text");
    }
  }

  private static byte[] exactly(InputStream input, int length, String source) throws IOException {
    try {
      byte[] bytes = input.readNBytes(length);
      if (bytes.length < length) {
        throw new EOFException();
      }
      return bytes;
    } catch (EOFException end) {
      throw broken(source, "it ends before all tensors are read");
    }
  }

  static LockstepException broken(String source, String why) {
    return LockstepException.data(source + " is not a valid safetensors file: " + why + ".");
  }
}
