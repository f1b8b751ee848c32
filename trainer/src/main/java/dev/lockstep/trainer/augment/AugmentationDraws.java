package dev.lockstep.trainer.augment;

import dev.lockstep.trainer.random.NormalQuantile;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;

/**
 * The randomness of one change of one example: a pure function of (seed, epoch, example, position
 * of the change in the list, number of the draw), so it depends neither on the mini-batch nor on
 * the thread or machine. Mutable and reused by its thread.
 */
public final class AugmentationDraws {
  /** Draws in a block. */
  static final int PER_BLOCK = Philox.DRAWS_PER_BLOCK;

  private static final long LOW_WORD = 0xFFFFFFFFL;
  private static final double TWO_POW_MINUS_32 = 0x1.0p-32;

  private final long seed;
  private final int[] words = new int[PER_BLOCK];
  private int epoch;
  private int example;
  private int tag;

  /** Draws of a run with this seed. */
  AugmentationDraws(long seed) {
    this.seed = seed;
  }

  /**
   * Moves to other coordinates.
   *
   * @param newEpoch from 1
   * @param newExample index in the training split
   * @param position place of the change in its list
   */
  void moveTo(int newEpoch, long newExample, int position) {
    epoch = newEpoch;
    example = (int) newExample;
    tag = Philox.tag(Purpose.AUGMENTATION, position, newExample);
  }

  /** Makes the {@link #PER_BLOCK} draws of a block: to be called before they are read. */
  void block(int number) {
    Philox.block(seed, number, example, epoch, tag, words, 0);
  }

  /** Uniform in [0, 1), with 32 random bits. */
  double uniform(int draw) {
    return (words[draw] & LOW_WORD) * TWO_POW_MINUS_32;
  }

  /** Uniform among the whole numbers -limit … limit. */
  int whole(int draw, int limit) {
    return (int) (((words[draw] & LOW_WORD) * (2L * limit + 1)) >>> 32) - limit;
  }

  /** True with probability 1/2. */
  boolean coin(int draw) {
    return words[draw] < 0;
  }

  /** Standard normal: the quantile of a uniform draw from the middles of 2^32 equal intervals. */
  double gaussian(int draw) {
    return NormalQuantile.of(((words[draw] & LOW_WORD) + 0.5) * TWO_POW_MINUS_32);
  }
}
