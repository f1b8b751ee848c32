package dev.lockstep.driver.bench;

import dev.lockstep.trainer.kernel.Blas;

/**
 * One product of two row-major float32 matrices, C [m, n] from operands that share k.
 *
 * @param kind which operand is transposed
 * @param m rows of C, at least 1
 * @param n columns of C, at least 1
 * @param k terms of each element of C, at least 1
 */
public record Gemm(Kind kind, int m, int n, int k) {
  /** How the operands lie in memory. */
  public enum Kind {
    /** C = A Bᵀ with A [m, k], B [n, k]: forward. */
    BY_TRANSPOSED,
    /** C = A B with A [m, k], B [k, n]: gradient of the input. */
    PLAIN,
    /** C = Aᵀ B with A [k, m], B [k, n]: gradient of the weights. */
    TRANSPOSED
  }

  /** Floating-point operations: 2·m·n·k. */
  public long flops() {
    return 2L * m * n * k;
  }

  /** Computes C once. */
  void run(float[] a, float[] b, float[] c) {
    switch (kind) {
      case BY_TRANSPOSED -> Blas.multiplyByTransposed(m, n, k, a, 0, b, 0, c, 0);
      case PLAIN -> Blas.multiply(m, n, k, a, 0, b, 0, c, 0);
      case TRANSPOSED -> Blas.transposedMultiply(m, n, k, a, 0, b, 0, c, 0);
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
