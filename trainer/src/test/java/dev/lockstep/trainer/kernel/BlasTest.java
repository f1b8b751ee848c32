package dev.lockstep.trainer.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlasTest {
  private static final int[] SIZES = {1, 2, 3, 7, 17, 64, 65, 129};
  private static final int A_OFFSET = 3;
  private static final int B_OFFSET = 5;
  private static final int C_OFFSET = 7;

  private interface Call {
    void multiply(
        int m,
        int n,
        int k,
        float[] a,
        int aOffset,
        float[] b,
        int bOffset,
        float[] c,
        int cOffset);
  }

  /** The three products, with the place of A(i, l) and of B(l, j) in row-major arrays. */
  private record Product(String name, Call call, boolean transposesA, boolean transposesB) {
    int a(int i, int l, int m, int k) {
      return A_OFFSET + (transposesA ? l * m + i : i * k + l);
    }

    int b(int l, int j, int n, int k) {
      return B_OFFSET + (transposesB ? j * k + l : l * n + j);
    }
  }

  static List<Product> products() {
    return List.of(
        new Product("A B^T", Blas::multiplyByTransposed, false, true),
        new Product("A B", Blas::multiply, false, false),
        new Product("A^T B", Blas::transposedMultiply, true, false));
  }

  private static float[] random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /**
   * Error of a float32 sum of k products in any order: at most k·2^-24·Σ|a b|, doubled for the
   * products' own rounding.
   */
  @ParameterizedTest
  @MethodSource("products")
  void productsEqualThePlainLoopForOddSizesAndOffsets(Product product) {
    Random random = new Random(1);
    for (int m : SIZES) {
      for (int n : SIZES) {
        for (int k : SIZES) {
          float[] a = random(random, A_OFFSET + m * k + 2);
          float[] b = random(random, B_OFFSET + k * n + 2);
          float[] c = new float[C_OFFSET + m * n + 2];
          Arrays.fill(c, Float.NaN);
          product.call.multiply(m, n, k, a, A_OFFSET, b, B_OFFSET, c, C_OFFSET);
          check(product, m, n, k, a, b, c);
        }
      }
    }
  }

  private static void check(Product product, int m, int n, int k, float[] a, float[] b, float[] c) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0.0;
        double size = 0.0;
        for (int l = 0; l < k; l++) {
          double term = (double) a[product.a(i, l, m, k)] * b[product.b(l, j, n, k)];
          sum += term;
          size += Math.abs(term);
        }
        double error = Math.abs(c[C_OFFSET + i * n + j] - sum);
        if (!(error <= 2 * k * 0x1p-24 * size)) {
          throw new AssertionError(
              product.name()
                  + " "
                  + m
                  + "x"
                  + n
                  + "x"
                  + k
                  + " at "
                  + i
                  + ","
                  + j
                  + ": "
                  + c[C_OFFSET + i * n + j]
                  + " is not "
                  + sum);
        }
      }
    }
    for (int i = 0; i < C_OFFSET; i++) {
      assertThat(c[i]).as("before the result").isNaN();
    }
    assertThat(c[c.length - 1]).as("after the result").isNaN();
    assertThat(c[c.length - 2]).as("after the result").isNaN();
  }

  /** Where the garbage collector has put an array must not show in the result. */
  @ParameterizedTest
  @MethodSource("products")
  void bitsDoNotDependOnThePlaceOfTheArrays(Product product) {
    Random random = new Random(2);
    for (int[] size :
        new int[][] {{1, 10, 64}, {7, 1, 33}, {17, 5, 129}, {64, 10, 784}, {3, 128, 65}}) {
      int m = size[0];
      int n = size[1];
      int k = size[2];
      float[] a = random(random, m * k);
      float[] b = random(random, k * n);
      float[] expected = new float[m * n];
      product.call.multiply(m, n, k, a, 0, b, 0, expected, 0);
      for (int shift = 1; shift <= 17; shift++) {
        float[] movedA = new float[m * k + shift];
        float[] movedB = new float[k * n + 2 * shift];
        float[] c = new float[m * n + shift];
        System.arraycopy(a, 0, movedA, shift, a.length);
        System.arraycopy(b, 0, movedB, 2 * shift, b.length);
        product.call.multiply(m, n, k, movedA, shift, movedB, 2 * shift, c, shift);
        assertThat(Arrays.copyOfRange(c, shift, c.length)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("products")
  void notANumberIsNotLost(Product product) {
    int size = 17;
    float[] a = new float[size * size];
    float[] b = new float[size * size];
    float[] c = new float[size * size];
    a[5] = Float.NaN;
    product.call.multiply(size, size, size, a, 0, b, 0, c, 0);
    int row = product.transposesA ? 5 : 0;
    for (int j = 0; j < size; j++) {
      assertThat(c[row * size + j]).isNaN();
    }
  }

  @Test
  void nativeBackendIsInUseWhereItIsPackaged() {
    assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"));
    assertThat(Blas.fallbackReason()).isNull();
    assertThat(Blas.backendName()).contains("OpenBLAS");
    assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(1);
  }

  @Test
  void rowKernelsAddToRowsAndSumColumns() {
    float[] matrix = {1, 2, 3, 4, 5, 6, 99};
    RowKernels.addToRows(matrix, 3, 2, new float[] {-1, 10, 20}, 1);
    assertThat(matrix).containsExactly(11, 22, 13, 24, 15, 26, 99);
    float[] sums = {7, 8, 9, 10};
    RowKernels.columnSums(matrix, 3, 2, sums, 1);
    assertThat(sums).containsExactly(7, 39, 72, 10);
  }

  @Test
  void runsAreCopiedWhateverTheirLength() {
    for (int length : new int[] {1, 3, 8, 9, 40}) {
      float[] from = random(new Random(3), 2 + 4 * (length + 5));
      float[] to = new float[1 + 4 * (length + 2)];
      RowKernels.copyRuns(from, 2, length + 5, to, 1, length + 2, length, 4);
      assertThat(to[0]).isZero();
      for (int run = 0; run < 4; run++) {
        int source = 2 + run * (length + 5);
        int target = 1 + run * (length + 2);
        assertThat(Arrays.copyOfRange(to, target, target + length))
            .isEqualTo(Arrays.copyOfRange(from, source, source + length));
        assertThat(to[target + length]).isZero();
      }
    }
  }

  /** What was there stays, and the product comes on top. */
  @Test
  void addedProductsKeepWhatWasThere() {
    float[] a = {1, 2, 3, 4, 5, 6};
    float[] b = {1, 0, 2, 0, 1, 3};
    float[] sum = {100, 200, 300, 400};
    Blas.addMultiply(2, 2, 3, a, 0, b, 0, sum, 0);
    // B = [1 0; 2 0; 1 3].
    assertThat(sum).containsExactly(108, 209, 320, 418);
    float[] other = {100, 200, 300, 400, 9};
    Blas.addTransposedMultiply(2, 2, 3, a, 0, b, 0, other, 0);
    // Aᵀ = [1 3 5; 2 4 6], B = [1 0; 2 0; 1 3].
    assertThat(other).containsExactly(112, 215, 316, 418, 9);
  }
}
