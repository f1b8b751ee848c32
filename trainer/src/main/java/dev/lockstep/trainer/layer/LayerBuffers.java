package dev.lockstep.trainer.layer;

/**
 * Scratch memory of one layer in one thread; what it holds between two passes is the layer's
 * affair.
 */
public final class LayerBuffers {
  private final float[] perRow;
  private final float[] floats;
  private final double[] doubles;

  /** Memory for passes of at most {@code maxRows} rows. */
  public LayerBuffers(Layer.Scratch scratch, int maxRows) {
    this.perRow = new float[Math.multiplyExact(scratch.floatsPerRow(), maxRows)];
    this.floats = new float[scratch.floats()];
    this.doubles = new double[scratch.doubles()];
  }

  /** [maxRows, floatsPerRow]. */
  public float[] perRow() {
    return perRow;
  }

  /** [floats]. */
  public float[] floats() {
    return floats;
  }

  /** [doubles]. */
  public double[] doubles() {
    return doubles;
  }
}
