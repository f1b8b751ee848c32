package dev.lockstep.trainer.model;

import dev.lockstep.trainer.parameter.ParameterWindow;
import java.util.Arrays;
import java.util.List;

/** A named array as files hold it: of float32 or of int64. */
public final class Tensor {
  private final String name;
  private final List<Integer> shape;
  private final float[] floats;
  private final int offset;
  private final int length;
  private final long[] longs;

  private Tensor(
      String name, List<Integer> shape, float[] floats, int offset, int length, long[] longs) {
    this.name = name;
    this.shape = List.copyOf(shape);
    this.floats = floats;
    this.offset = offset;
    this.length = length;
    this.longs = longs;
  }

  /** A float32 tensor over {@code elements}, which are kept and not copied. */
  public static Tensor ofFloats(String name, List<Integer> shape, float[] elements) {
    return new Tensor(name, shape, elements, 0, elements.length, null);
  }

  /**
   * A float32 tensor over the elements of {@code vector} that {@code window} covers, of the
   * window's shape. Nothing is copied: it holds whatever the vector holds when it is looked at.
   */
  public static Tensor ofWindow(String name, ParameterWindow window, float[] vector) {
    return new Tensor(name, window.shape(), vector, window.offset(), window.length(), null);
  }

  /** An int64 tensor over {@code elements}, which are kept and not copied. */
  public static Tensor ofLongs(String name, List<Integer> shape, long[] elements) {
    return new Tensor(name, shape, null, 0, elements.length, elements);
  }

  /** PyTorch's name. */
  public String name() {
    return name;
  }

  /** Sizes, slowest dimension first; empty for a scalar. */
  public List<Integer> shape() {
    return shape;
  }

  /** Elements of a float32 tensor, else null; a copy where they are a window of more. */
  public float[] floats() {
    return floats == null || length == floats.length
        ? floats
        : Arrays.copyOfRange(floats, offset, offset + length);
  }

  /** The array in which the elements of a float32 tensor lie, from {@link #offset()} on. */
  float[] vector() {
    return floats;
  }

  /** Place of the first element in {@link #vector()}. */
  int offset() {
    return offset;
  }

  /** Number of elements. */
  public int length() {
    return length;
  }

  /** Elements of an int64 tensor, else null. */
  public long[] longs() {
    return longs;
  }

  /** Whether the elements are float32, not int64. */
  public boolean isFloat() {
    return floats != null;
  }

  /** Safetensors' name of the element type. */
  public String type() {
    return isFloat() ? "F32" : "I64";
  }

  /** Bytes of the elements in a file. */
  public long bytes() {
    return (isFloat() ? 4L : 8L) * length;
  }
}
