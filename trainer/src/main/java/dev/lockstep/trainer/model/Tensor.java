package dev.lockstep.trainer.model;

import java.util.List;

/** A named array as files hold it: of float32 or of int64. */
public final class Tensor {
  private final String name;
  private final List<Integer> shape;
  private final float[] floats;
  private final long[] longs;

  private Tensor(String name, List<Integer> shape, float[] floats, long[] longs) {
    this.name = name;
    this.shape = List.copyOf(shape);
    this.floats = floats;
    this.longs = longs;
  }

  /** A float32 tensor over {@code elements}, which are kept and not copied. */
  public static Tensor ofFloats(String name, List<Integer> shape, float[] elements) {
    return new Tensor(name, shape, elements, null);
  }

  /** An int64 tensor over {@code elements}, which are kept and not copied. */
  public static Tensor ofLongs(String name, List<Integer> shape, long[] elements) {
    return new Tensor(name, shape, null, elements);
  }

  /** PyTorch's name. */
  public String name() {
    return name;
  }

  /** Sizes, slowest dimension first; empty for a scalar. */
  public List<Integer> shape() {
    return shape;
  }

  /** Elements of a float32 tensor, else null. */
  public float[] floats() {
    return floats;
  }

  /** Elements of an int64 tensor, else null. */
  public long[] longs() {
    return longs;
  }

  /** Safetensors' name of the element type. */
  public String type() {
    return floats != null ? "F32" : "I64";
  }

  /** Bytes of the elements in a file. */
  public long bytes() {
    return floats != null ? 4L * floats.length : 8L * longs.length;
  }
}
