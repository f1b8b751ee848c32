package dev.lockstep.trainer.layer;

/**
 * Scratch memory of one layer in one thread; what it holds between two passes is the layer's
 * affair.
 */
public final class LayerBuffers {
  private final float[] perRow;
  private final float[] floats;
  private final double[] doubles;
  private final float[][] tiles;
  private final LayerChainBuffers[] chains;

  /** Memory for training passes of at most {@code maxRows} rows. */
  public LayerBuffers(Layer.Scratch scratch, int maxRows) {
    this(scratch, maxRows, true);
  }

  /**
   * Memory for passes of at most {@code maxRows} rows.
   *
   * @param training whether a backward pass will be run
   */
  public LayerBuffers(Layer.Scratch scratch, int maxRows, boolean training) {
    this.perRow = new float[Math.multiplyExact(scratch.floatsPerRow(), maxRows)];
    this.floats = new float[scratch.floats()];
    this.doubles = new double[scratch.doubles()];
    this.tiles = new float[scratch.tiles()][scratch.tileLength()];
    this.chains = new LayerChainBuffers[scratch.chains().size()];
    for (int i = 0; i < chains.length; i++) {
      chains[i] = new LayerChainBuffers(scratch.chains().get(i), maxRows, training);
    }
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

  /** One of the tiles, [tileLength]. */
  public float[] tile(int index) {
    return tiles[index];
  }

  /** Memory of an inner chain, by its place in {@link Layer.Scratch#chains}. */
  LayerChainBuffers chain(int index) {
    return chains[index];
  }
}
