package dev.lockstep.trainer.replica;

/** The rows of one shard that belong to one step: a view, read only. */
public final class Slice {
  private final int shard;
  private final Examples examples;
  private final int[] order;
  private final int from;
  private final int to;

  /**
   * The rows {@code order[from .. to)} of {@code examples}.
   *
   * @param shard number of the shard
   * @param examples the shard's rows
   * @param order row numbers; kept, not copied
   * @param from first place in {@code order}
   * @param to one past the last place in {@code order}
   */
  public Slice(int shard, Examples examples, int[] order, int from, int to) {
    this.shard = shard;
    this.examples = examples;
    this.order = order;
    this.from = from;
    this.to = to;
  }

  /** Number of the shard. */
  public int shard() {
    return shard;
  }

  /** The shard's rows. */
  public Examples examples() {
    return examples;
  }

  /** Row numbers. */
  public int[] order() {
    return order;
  }

  /** First place in {@link #order()}. */
  public int from() {
    return from;
  }

  /** One past the last place in {@link #order()}. */
  public int to() {
    return to;
  }
}
