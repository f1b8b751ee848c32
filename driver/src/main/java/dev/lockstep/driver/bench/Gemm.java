package dev.lockstep.driver.bench;

import dev.lockstep.trainer.kernel.Blas;

/**
 * One product of two row-major float32 matrices, C [m, n] from operands that share k.
 *
 * @param kind which operand is transposed
 * @param m rows of C, at least 1
 * @param n columns of C, at least 1
 * @param k terms of each element of C, at least 1
 * @param repeats how often a step computes a product of this form, at least 1
 */
public record Gemm(Kind kind, int m, int n, int k, int repeats) {
  /** How the operands lie in memory. */
  public enum Kind {
    /** C = A Bᵀ with A [m, k], B [n, k]. */
    BY_TRANSPOSED,
    /** C = A B with A [m, k], B [k, n]. */
    PLAIN,
    /** C = Aᵀ B with A [k, m], B [k, n]. */
    TRANSPOSED
  }

  /** Floating-point operations in a step: 2·m·n·k for each repeat. */
  public long flops() {
    return 2L * m * n * k * repeats;
  }

  /** Computes C as often as a step does. */
  void run(float[] a, float[] b, float[] c) {
    for (int repeat = 0; repeat < repeats; repeat++) {
      switch (kind) {
        case BY_TRANSPOSED -> Blas.multiplyByTransposed(m, n, k, a, 0, b, 0, c, 0);
        case PLAIN -> Blas.multiply(m, n, k, a, 0, b, 0, c, 0);
        case TRANSPOSED -> Blas.transposedMultiply(m, n, k, a, 0, b, 0, c, 0);
      }
    }
  }

  /** One element of C by a plain loop in float64. */
  double element(float[] a, float[] b, int row, int column) {
    double sum = 0.0;
    for (int i = 0; i < k; i++) {
      float left = kind == Kind.TRANSPOSED ? a[i * m + row] : a[row * k + i];
      float right = kind == Kind.BY_TRANSPOSED ? b[column * k + i] : b[i * n + column];
      sum += (double) left * right;
    }
    return sum;
  }
}
