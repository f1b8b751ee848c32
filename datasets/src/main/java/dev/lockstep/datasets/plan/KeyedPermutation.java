package dev.lockstep.datasets.plan;

import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.io.Serializable;

/**
 * A pseudo-random bijection of 0 … size-1 that is computed, not stored: any machine finds the place
 * of one element, in both directions, from the key alone.
 *
 * <p>An alternating Feistel network works on the smallest power of two that holds {@code size};
 * each round adds (exclusive or) a keyed hash of one half to the other, so undoing the rounds in
 * reverse order inverts it. Results outside 0 … size-1 are sent through the network again until
 * they fall inside (cycle walking, fewer than two passes on average), which keeps the bijection.
 *
 * <p>Sources: Black and Rogaway, "Ciphers with Arbitrary Finite Domains" (CT-RSA 2002), method
 * "cycle-walking cipher"; round keys from {@link Philox}; the round hash is the first half of
 * Stafford's variant 13 of the MurmurHash3 finalizer with a second key word added.
 */
public final class KeyedPermutation implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Rounds on domains of at least {@link #SMALL_DOMAIN_BITS} bits. */
  private static final int ROUNDS = 8;

  /** Rounds on small domains, where the hash of a half has few values and mixing takes longer. */
  private static final int SMALL_DOMAIN_ROUNDS = 24;

  private static final int SMALL_DOMAIN_BITS = 16;
  private static final int MAX_BITS = 62;
  private static final long MULTIPLIER_1 = 0xBF58476D1CE4E5B9L;
  private static final long MULTIPLIER_2 = 0x94D049BB133111EBL;

  private final long size;
  private final int rightBits;
  private final long leftMask;
  private final long rightMask;
  private final long[] roundKeys;

  /**
   * Creates the permutation that belongs to a key.
   *
   * @param size number of elements, 1 … 2^62
   * @param seed first part of the key
   * @param purpose second part: permutations for different purposes are unrelated
   * @param tweak third part, for example the epoch
   */
  public KeyedPermutation(long size, long seed, Purpose purpose, long tweak) {
    if (size < 1 || size > 1L << MAX_BITS) {
      throw new IllegalArgumentException(
          "a permutation needs 1 to 2^" + MAX_BITS + " elements, not " + size);
    }
    this.size = size;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    rightBits = bits - bits / 2;
    leftMask = (1L << (bits / 2)) - 1;
    rightMask = (1L << rightBits) - 1;
    roundKeys = new long[bits < SMALL_DOMAIN_BITS ? SMALL_DOMAIN_ROUNDS : ROUNDS];
    for (int round = 0; round < roundKeys.length; round++) {
      roundKeys[round] = Philox.bits(seed, purpose, tweak, 0, tweak >>> Integer.SIZE, round);
    }
  }

  /** Number of elements. */
  public long size() {
    return size;
  }

  /** The element at {@code position}; both are in 0 … size-1. */
  public long apply(long position) {
    check(position);
    long value = position;
    do {
      long left = value >>> rightBits;
      long right = value & rightMask;
      for (int round = 0; round < roundKeys.length; round += 2) {
        left ^= hash(right, roundKeys[round]) & leftMask;
        right ^= hash(left, roundKeys[round + 1]) & rightMask;
      }
      value = left << rightBits | right;
    } while (value >= size);
    return value;
  }

  /** The position of {@code element}: {@code invert(apply(position)) == position}. */
  public long invert(long element) {
    check(element);
    long value = element;
    do {
      long left = value >>> rightBits;
      long right = value & rightMask;
      for (int round = roundKeys.length - 2; round >= 0; round -= 2) {
        right ^= hash(left, roundKeys[round + 1]) & rightMask;
        left ^= hash(right, roundKeys[round]) & leftMask;
      }
      value = left << rightBits | right;
    } while (value >= size);
    return value;
  }

  private static long hash(long half, long key) {
    long z = (half + key) * MULTIPLIER_1;
    z = (z ^ (z >>> 29) ^ key) * MULTIPLIER_2;
    return z ^ (z >>> 32);
  }

  private void check(long element) {
    if (element < 0 || element >= size) {
      throw new IllegalArgumentException(element + " is outside 0.." + (size - 1));
    }
  }
}
