package dev.lockstep.trainer.random;

/**
 * The counter-based generator Philox4x32-10: a keyed bijection of 128-bit counters whose outputs
 * pass the usual batteries of tests.
 *
 * <p>Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011),
 * section 4.3 and the known-answer vectors of the Random123 distribution.
 *
 * <p>The counter of this project holds the coordinates of a draw:
 *
 * <pre>
 *   word 0   block = unit / 4               (four 32-bit draws per call: draw unit % 4 is output word unit % 4)
 *   word 1   example, low 32 bits
 *   word 2   step, low 32 bits
 *   word 3   purpose (4 bits) | layer (12 bits) | example, bits 32 to 47
 * </pre>
 */
public final class Philox {
  /** Words of a counter, and of what is drawn with it. */
  public static final int WORDS = 4;

  /** Draws that one counter yields. */
  public static final int DRAWS_PER_BLOCK = WORDS;

  /** The largest layer index that a counter holds. */
  public static final int MAX_LAYER = (1 << 12) - 1;

  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final long LOW_WORD = 0xFFFFFFFFL;
  private static final double TWO_POW_MINUS_53 = 0x1.0p-53;

  private Philox() {}

  /**
   * Ten rounds on the counter (c0, c1, c2, c3) under the 64-bit key {@code seed} (low word first).
   *
   * @param output overwritten with four independent uniform 32-bit words, from {@code offset}
   */
  public static void block(long seed, int c0, int c1, int c2, int c3, int[] output, int offset) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    int x0 = c0;
    int x1 = c1;
    int x2 = c2;
    int x3 = c3;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (x0 & LOW_WORD) * MULTIPLIER_0;
      long p1 = (x2 & LOW_WORD) * MULTIPLIER_1;
      x0 = (int) (p1 >>> 32) ^ x1 ^ k0;
      x1 = (int) p1;
      x2 = (int) (p0 >>> 32) ^ x3 ^ k1;
      x3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    output[offset] = x0;
    output[offset + 1] = x1;
    output[offset + 2] = x2;
    output[offset + 3] = x3;
  }

  /**
   * As {@link #block}, on many counters under one key at once, several times as fast.
   *
   * <pre>
   *   word0 … word3  [count]  the words of each counter, then of each output, as unsigned numbers
   * </pre>
   *
   * <p>A round multiplies words 0 and 2; word 0 makes the new words 2 and 3, word 2 the new words 0
   * and 1. So each half of a round overwrites two arrays, of which one changes its number; after an
   * even number of rounds all have their own again.
   */
  public static void blocks(
      long seed, long[] word0, long[] word1, long[] word2, long[] word3, int count) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    long[] x0 = word0;
    long[] x2 = word2;
    for (int round = 0; round < ROUNDS; round++) {
      halfRound(x0, word3, MULTIPLIER_0, k1 & LOW_WORD, count);
      halfRound(x2, word1, MULTIPLIER_1, k0 & LOW_WORD, count);
      long[] next0 = x2;
      x2 = x0;
      x0 = next0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
  }

  /**
   * The halves of the products of {@code factors} with the multiplier: the high ones, mixed with
   * {@code others} and the key, replace the factors, the low ones the others. As small as it is
   * HotSpot compiles the loop into vector instructions; a whole round at once it does not.
   */
  private static void halfRound(
      long[] factors, long[] others, long multiplier, long key, int count) {
    for (int i = 0; i < count; i++) {
      long product = factors[i] * multiplier;
      factors[i] = (product >>> 32) ^ others[i] ^ key;
      others[i] = product & LOW_WORD;
    }
  }

  /** Word 3 of the counter. */
  public static int tag(Purpose purpose, int layer, long example) {
    if (layer < 0 || layer > MAX_LAYER) {
      throw new IllegalArgumentException("layer index " + layer + " outside 0.." + MAX_LAYER);
    }
    if (example < 0 || example >>> 48 != 0) {
      throw new IllegalArgumentException("example index " + example + " outside 0..2^48-1");
    }
    return (purpose.code() << 28) | (layer << 16) | (int) (example >>> 32);
  }

  /**
   * The 64 uniform bits at the given coordinates: output words 0 (high) and 1 (low) of block {@code
   * unit}.
   */
  public static long bits(
      long seed, Purpose purpose, long step, int layer, long example, int unit) {
    int[] words = new int[DRAWS_PER_BLOCK];
    block(seed, unit, (int) example, (int) step, tag(purpose, layer, example), words, 0);
    return ((long) words[0] << 32) | (words[1] & LOW_WORD);
  }

  /** A uniform number in [0, 1) with 53 random bits, from {@link #bits}. */
  public static double uniform(
      long seed, Purpose purpose, long step, int layer, long example, int unit) {
    return (bits(seed, purpose, step, layer, example, unit) >>> 11) * TWO_POW_MINUS_53;
  }

  /**
   * A standard normal number by the Box-Muller transform of the four words of block {@code unit};
   * {@link StrictMath} gives the same bits everywhere.
   */
  public static double gaussian(
      long seed, Purpose purpose, long step, int layer, long example, int unit) {
    int[] words = new int[DRAWS_PER_BLOCK];
    block(seed, unit, (int) example, (int) step, tag(purpose, layer, example), words, 0);
    long first = (((long) words[0] << 32) | (words[1] & LOW_WORD)) >>> 11;
    long second = (((long) words[2] << 32) | (words[3] & LOW_WORD)) >>> 11;
    double radius = StrictMath.sqrt(-2.0 * StrictMath.log((first + 1) * TWO_POW_MINUS_53));
    return radius * StrictMath.cos(2.0 * Math.PI * (second * TWO_POW_MINUS_53));
  }
}
