package dev.lockstep.trainer.augment;

import dev.lockstep.trainer.layer.Shape;

/**
 * One normalized example while it is being changed in place, with a memory of what it was before
 * the change. Mutable and reused by its thread.
 */
public final class AugmentedRow {
  private final Shape shape;
  private final float[] background;
  private final boolean[] levels;
  private final float[] before;
  private float[] values;
  private int start;

  /**
   * Memory for examples of one shape.
   *
   * @param background normalized value of the raw value 0 in each place, [shape], kept
   * @param levels which places hold levels of categorical columns, [shape], kept
   */
  AugmentedRow(Shape shape, float[] background, boolean[] levels) {
    this.shape = shape;
    this.background = background;
    this.levels = levels;
    this.before = new float[background.length];
  }

  /** Moves to the example at {@code newValues[newStart …]}. */
  void moveTo(float[] newValues, int newStart) {
    values = newValues;
    start = newStart;
  }

  /** Shape of the example. */
  Shape shape() {
    return shape;
  }

  /** Remembers the values as they are now, for {@link #before}. */
  void remember() {
    System.arraycopy(values, start, before, 0, before.length);
  }

  /** Place of a value among those of the example. */
  int place(int y, int x, int channel) {
    return (y * shape.width() + x) * shape.channels() + channel;
  }

  /**
   * The remembered value of a pixel, or, outside the picture, the background of the place that it
   * is wanted for.
   */
  float before(int y, int x, int channel, int wantedFor) {
    boolean inside = y >= 0 && y < shape.height() && x >= 0 && x < shape.width();
    return inside ? before[place(y, x, channel)] : background[wantedFor];
  }

  /** Overwrites the value in a place. */
  void set(int place, double value) {
    values[start + place] = (float) value;
  }

  /** Adds to the value in a place, unless that is a level of a categorical column. */
  void add(int place, double amount) {
    if (!levels[place]) {
      values[start + place] = (float) (values[start + place] + amount);
    }
  }
}
