package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.random.Philox;

/**
 * Scratch memory of one layer in one thread; what it holds between two passes is the layer's
 * affair.
 */
public final class LayerBuffers {
  /** Longest array that every virtual machine gives. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private final float[] perRow;
  private final float[] floats;
  private final double[] doubles;
  private final float[][] tiles;
  private final long[][] counters;
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
    this.perRow = newRows(scratch.floatsPerRow(), maxRows);
    this.floats = new float[scratch.floats()];
    this.doubles = new double[scratch.doubles()];
    this.tiles = new float[scratch.tiles()][scratch.tileLength()];
    this.counters = new long[Philox.WORDS][scratch.counters()];
    this.chains = new LayerChainBuffers[scratch.chains().size()];
    for (int i = 0; i < chains.length; i++) {
      chains[i] = new LayerChainBuffers(scratch.chains().get(i), maxRows, training);
    }
  }

  /**
   * Memory for [rows, perRow] values.
   *
   * @throws LockstepException of kind resource where one array cannot hold them
   */
  public static float[] newRows(int perRow, int rows) {
    long values = (long) perRow * rows;
    if (values > MAX_ARRAY) {
      throw new LockstepException(
          ErrorKind.RESOURCE,
          rows
              + " examples in one shard of a mini-batch, with "
              + perRow
              + " values each between two layers, are more than one array holds. Use a smaller"
              + " training.batchSize or more training.shards.");
    }
    return new float[(int) values];
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

  /** One of the four words of all counters, [counters]. */
  long[] counterWord(int word) {
    return counters[word];
  }

  /** Memory of an inner chain, by its place in {@link Layer.Scratch#chains}. */
  LayerChainBuffers chain(int index) {
    return chains[index];
  }
}
