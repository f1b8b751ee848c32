package dev.lockstep.datasets.pack;

import dev.lockstep.trainer.model.Preprocessing;
import java.io.Serializable;

/**
 * Undoes the normalization of features. A feature is stored as the float32 number {@code x' = (x -
 * offset) · scale}, so x is known to about 2^-24 of |x - offset| only; it is given back rounded to
 * a power of ten that lies between 10^-6 and 10^-5 of the larger one of |offset| and 1/scale. Whole
 * numbers and short decimals come out as they went in, and so they are equal under two
 * normalizations. Features that were not scaled (offset 0 and scale 1) are exact, and of constant
 * ones (scale 0) the offset is the value. Immutable; sent to the tasks.
 */
final class RawValues implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int DIGITS = 5;

  private final double[] offset;
  private final double[] scale;

  /** Where values are rounded to 10^-d: 10^d, at least 1, and 0 where they are not; [columns]. */
  private final double[] fraction;

  /** Where values are rounded to 10^d: 10^d, at least 1; [columns]. */
  private final double[] unit;

  private RawValues(double[] offset, double[] scale) {
    this.offset = offset;
    this.scale = scale;
    this.fraction = new double[offset.length];
    this.unit = new double[offset.length];
    for (int j = 0; j < offset.length; j++) {
      boolean stored = offset[j] == 0.0 && scale[j] == 1.0;
      if (!stored && scale[j] != 0.0) {
        double size = Math.max(Math.abs(offset[j]), Math.abs(1.0 / scale[j]));
        double places = DIGITS - Math.floor(StrictMath.log10(size));
        // Two powers, as those of negative exponents are not exact.
        fraction[j] = StrictMath.pow(10.0, Math.max(places, 0.0));
        unit[j] = StrictMath.pow(10.0, Math.max(-places, 0.0));
      }
    }
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
    } else if (fraction[column] == 0.0) {
      value = stored;
    } else {
      value = offset[column] + stored / scale[column];
      value =
          unit[column] == 1.0
              ? Math.rint(value * fraction[column]) / fraction[column]
              : Math.rint(value / unit[column]) * unit[column];
    }
    return value + 0.0;
  }
}
