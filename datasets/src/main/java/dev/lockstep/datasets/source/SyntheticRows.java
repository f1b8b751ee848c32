package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;

/**
 * The rows of a synthetic data set.
 *
 * <p>Coordinates of the draws: seed, {@link Purpose#SYNTHETIC_DATA}, step = number of the
 * generator, example = row; unit 0 is the place on the curve, units 1 and 2 the noise. Classes take
 * turns: each run of K rows holds every class once, in an order that is turned by a draw of layer
 * 1, so that a stride of K rows does not meet one class only.
 */
final class SyntheticRows implements RowGenerator {
  private static final long serialVersionUID = 1L;
  private static final long ROWS_PER_PIECE = 1 << 16;
  private static final long MAX_SAMPLES = 1L << 40;
  private static final int MAX_CLASSES = 1000;

  private final SyntheticDataSet dataSet;
  private final long samples;
  private final double noise;
  private final int classes;
  private final long seed;

  private SyntheticRows(
      SyntheticDataSet dataSet, long samples, double noise, int classes, long seed) {
    this.dataSet = dataSet;
    this.samples = samples;
    this.noise = noise;
    this.classes = classes;
    this.seed = seed;
  }

  static SyntheticRows of(DataLocation.Synthetic location) {
    SyntheticDataSet dataSet = SyntheticDataSet.named(location.name());
    if (location.samples() < 1 || location.samples() > MAX_SAMPLES) {
      throw LockstepException.usage(
          "data.samples is " + location.samples() + "; it must be from 1 to 2^40.");
    }
    if (!(location.noise() >= 0 && location.noise() <= 1e6)) {
      throw LockstepException.usage(
          "data.noise is " + location.noise() + "; it must be from 0 to 1e6.");
    }
    int classes = dataSet.hasChosenClasses() ? location.classes() : dataSet.classes();
    if (classes < 2 || classes > MAX_CLASSES) {
      throw LockstepException.usage(
          "data.classes is " + classes + "; it must be from 2 to " + MAX_CLASSES + ".");
    }
    return new SyntheticRows(
        dataSet, location.samples(), location.noise(), classes, location.seed());
  }

  @Override
  public String file(int piece) {
    return dataSet.key();
  }

  @Override
  public int pieces() {
    return (int) ((samples - 1) / ROWS_PER_PIECE) + 1;
  }

  @Override
  public long firstRow(int piece) {
    return piece * ROWS_PER_PIECE;
  }

  @Override
  public Cursor open(int piece) {
    return new Points(firstRow(piece), Math.min(samples, firstRow(piece) + ROWS_PER_PIECE));
  }

  /** Class of a row. */
  private int classOf(long row) {
    double turn = Philox.uniform(seed, Purpose.SYNTHETIC_DATA, dataSet.code(), 1, row / classes, 0);
    return (int) ((row % classes + (long) (turn * classes)) % classes);
  }

  /**
   * Writes the point of a row.
   *
   * @param values [2], overwritten
   */
  private void point(long row, int classIndex, float[] values) {
    double place = Philox.uniform(seed, Purpose.SYNTHETIC_DATA, dataSet.code(), 0, row, 0);
    double x;
    double y;
    switch (dataSet) {
      case MOONS -> {
        double angle = Math.PI * place;
        x = classIndex == 0 ? StrictMath.cos(angle) : 1 - StrictMath.cos(angle);
        y = classIndex == 0 ? StrictMath.sin(angle) : 0.5 - StrictMath.sin(angle);
      }
      case CIRCLES -> {
        double angle = 2 * Math.PI * place;
        double radius = classIndex == 0 ? 1 : 0.5;
        x = radius * StrictMath.cos(angle);
        y = radius * StrictMath.sin(angle);
      }
      case SPIRALS -> {
        double angle = 2 * Math.PI * (place + (double) classIndex / classes);
        x = place * StrictMath.cos(angle);
        y = place * StrictMath.sin(angle);
      }
      default -> {
        double angle = 2 * Math.PI * classIndex / classes;
        x = StrictMath.cos(angle);
        y = StrictMath.sin(angle);
      }
    }
    if (noise > 0) {
      x += noise * Philox.gaussian(seed, Purpose.SYNTHETIC_DATA, dataSet.code(), 0, row, 1);
      y += noise * Philox.gaussian(seed, Purpose.SYNTHETIC_DATA, dataSet.code(), 0, row, 2);
    }
    values[0] = (float) x;
    values[1] = (float) y;
  }

  /** Rows from a first to before an end. */
  private final class Points implements Cursor {
    private final long end;
    private long row;
    private int classIndex;

    Points(long first, long end) {
      this.row = first;
      this.end = end;
    }

    @Override
    public boolean next(float[] values) {
      if (row == end) {
        return false;
      }
      classIndex = classOf(row);
      point(row, classIndex, values);
      row++;
      return true;
    }

    @Override
    public String label() {
      return Integer.toString(classIndex);
    }

    @Override
    public void close() {}
  }
}
