package dev.lockstep.datasets.pack;

import java.math.BigInteger;

/**
 * Hashes of rows and of sequences of rows. A sequence hashes to the polynomial Σ h(row k)·x^k
 * modulo the prime 2^61 - 1 (Karp and Rabin 1987), so that pieces can be hashed apart and put
 * together: a piece that starts at row o counts x^o times.
 */
final class RowHash {
  private static final long PRIME = (1L << 61) - 1;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
  private static final long EMPTY_CELL = -1;
  private static final long FINAL_MULTIPLIER = 0xBF58476D1CE4E5B9L;

  private RowHash() {}

  /** A hash of texts. */
  static long ofText(String text) {
    long hash = text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = mix(hash, text.charAt(i));
    }
    return hash;
  }

  /** A hash of a row, in 0 … 2^61-2. */
  static long ofRow(float[] features, String[] texts, long labelHash, float weight) {
    long hash = mix(features.length, labelHash);
    hash = mix(hash, Float.floatToIntBits(weight));
    for (String text : texts) {
      hash = mix(hash, text == null ? EMPTY_CELL : ofText(text));
    }
    for (float feature : features) {
      hash = mix(hash, Float.floatToIntBits(feature));
    }
    hash = (hash ^ (hash >>> 31)) * FINAL_MULTIPLIER;
    return ((hash ^ (hash >>> 29)) & Long.MAX_VALUE) % PRIME;
  }

  private static long mix(long hash, long value) {
    long mixed = (hash ^ value) * MULTIPLIER;
    return mixed ^ (mixed >>> 32);
  }

  /** a + b modulo the prime. */
  static long add(long a, long b) {
    long sum = a + b;
    return sum >= PRIME ? sum - PRIME : sum;
  }

  /** a·b modulo the prime. */
  static long multiply(long a, long b) {
    long low = a * b;
    long high = Math.multiplyHigh(a, b) << 3 | low >>> 61;
    return add(low & PRIME, high);
  }

  /** base^exponent modulo the prime. */
  static long power(long base, long exponent) {
    return BigInteger.valueOf(base)
        .modPow(BigInteger.valueOf(exponent), BigInteger.valueOf(PRIME))
        .longValueExact();
  }
}
