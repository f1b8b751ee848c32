package dev.lockstep.datasets.pack;

import dev.lockstep.trainer.model.Preprocessing;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Undoes the normalization of features. A feature is stored as the float32 number {@code x' = (x -
 * offset) · scale}, so x is known to about 2^-24 of |x - offset| only; it is given back rounded to
 * the least power of ten that is at least 2^-22 of |x - offset| or 2^-40 of |offset|, where these
 * count as the power of two at or below them. Whole numbers and short decimals come out as they
 * went in, and so they are equal under two normalizations. One value that is far away from all
 * others stretches the scale, and coarsens those near the offset no more than float32 does.
 * Features that were not scaled (offset 0 and scale 1) are exact, and of constant ones (scale 0)
 * the offset is the value. Immutable; sent to the tasks.
 */
final class RawValues implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Bits of |x - offset| behind the first that are given back. */
  private static final int BITS = 22;

  /** Bits of the offset behind the first that are relied on. */
  private static final int OFFSET_BITS = 40;

  private static final double LOG10_OF_2 = StrictMath.log10(2.0);

  /** 10^d for d from 0; those of negative exponents would not be exact. */
  private static final double[] POWERS = powers();

  private final double[] offset;
  private final double[] scale;

  /** The least d for which values are rounded to 10^d, [columns]. */
  private final int[] leastPlace;

  private RawValues(double[] offset, double[] scale) {
    this.offset = offset;
    this.scale = scale;
    this.leastPlace = new int[offset.length];
    for (int j = 0; j < offset.length; j++) {
      leastPlace[j] = place(offset[j], OFFSET_BITS);
    }
  }

  private static double[] powers() {
    double[] powers = new double[Double.MAX_EXPONENT];
    int count = 0;
    for (double power = 1.0; Double.isFinite(power); power = StrictMath.pow(10.0, count)) {
      powers[count++] = power;
    }
    return Arrays.copyOf(powers, count);
  }

  /** The least d with 10^d of at least 2^-bits of the value. */
  private static int place(double value, int bits) {
    return (int) Math.ceil((Math.getExponent(value) - bits) * LOG10_OF_2);
  }

  /** Of the features of a model. */
  static RawValues of(Preprocessing preprocessing) {
    return new RawValues(preprocessing.offset(), preprocessing.scale());
  }

  /** One column that is stored as it is, such as the targets. */
  static RawValues unchanged() {
    return new RawValues(new double[] {0.0}, new double[] {1.0});
  }

  /** Number of columns. */
  int columns() {
    return offset.length;
  }

  /** The raw value of a stored one; never -0. */
  double of(int column, float stored) {
    double value;
    if (scale[column] == 0.0) {
      value = offset[column];
    } else if (offset[column] == 0.0 && scale[column] == 1.0) {
      value = stored;
    } else {
      double distance = stored / scale[column];
      int place = Math.max(leastPlace[column], place(distance, BITS));
      value = rounded(offset[column] + distance, place);
    }
    return value + 0.0;
  }

  /** The nearest multiple of 10^place. */
  private static double rounded(double value, int place) {
    if (place >= 0) {
      return Math.rint(value / POWERS[place]) * POWERS[place];
    }
    return -place < POWERS.length ? Math.rint(value * POWERS[-place]) / POWERS[-place] : value;
  }
}
