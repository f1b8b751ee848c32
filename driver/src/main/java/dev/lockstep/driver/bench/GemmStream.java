package dev.lockstep.driver.bench;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.util.List;

/**
 * One thread's products with operands of their own, ready to be run over and over. Checks each
 * product against a plain loop before anything is measured.
 */
final class GemmStream {
  private static final int CHECKED_ELEMENTS = 16;

  /** Float32 sums of k terms up to 1 in size, as a multiple of k: far above rounding. */
  private static final double TOLERANCE_PER_TERM = 1e-6;

  private final List<Gemm> products;
  private final float[][] left;
  private final float[][] right;
  private final float[][] results;

  GemmStream(GemmList list) {
    this.products = list.products();
    this.left = new float[products.size()][];
    this.right = new float[products.size()][];
    this.results = new float[products.size()][];
    for (int i = 0; i < products.size(); i++) {
      Gemm product = products.get(i);
      left[i] = operand(Math.multiplyExact(product.m(), product.k()), 2 * i);
      right[i] = operand(Math.multiplyExact(product.k(), product.n()), 2 * i + 1);
      results[i] = new float[Math.multiplyExact(product.m(), product.n())];
    }
  }

  /** Numbers between -1 and 1 that a counter gives. */
  private static float[] operand(int length, int number) {
    float[] values = new float[length];
    int[] words = new int[Philox.DRAWS_PER_BLOCK];
    int tag = Philox.tag(Purpose.SYNTHETIC_DATA, 0, 0);
    for (int i = 0; i < length; i++) {
      int draw = i % Philox.DRAWS_PER_BLOCK;
      if (draw == 0) {
        Philox.block(number, i / Philox.DRAWS_PER_BLOCK, 0, 0, tag, words, 0);
      }
      values[i] = words[draw] * 0x1.0p-31f;
    }
    return values;
  }

  /** Runs every product once. */
  void run() {
    for (int i = 0; i < left.length; i++) {
      products.get(i).run(left[i], right[i], results[i]);
    }
  }

  /** Compares elements of every product with a plain loop, after {@link #run}. */
  void check() {
    for (int i = 0; i < left.length; i++) {
      Gemm product = products.get(i);
      for (int sample = 0; sample < CHECKED_ELEMENTS; sample++) {
        int row = (int) ((long) sample * (product.m() - 1) / (CHECKED_ELEMENTS - 1));
        int column = (int) ((long) sample * (product.n() - 1) / (CHECKED_ELEMENTS - 1));
        double expected = product.element(left[i], right[i], row, column);
        double actual = results[i][row * product.n() + column];
        if (!(Math.abs(actual - expected) <= TOLERANCE_PER_TERM * product.k())) {
          throw new LockstepException(
              ErrorKind.INTERNAL,
              "the product "
                  + product
                  + " gave "
                  + actual
                  + " at ["
                  + row
                  + ", "
                  + column
                  + "], but a plain loop gives "
                  + expected
                  + ".");
        }
      }
    }
  }
}
