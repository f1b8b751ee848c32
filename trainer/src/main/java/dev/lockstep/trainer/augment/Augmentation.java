package dev.lockstep.trainer.augment;

import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;

/**
 * One random change of a training example: what the configuration says, and a pure function of the
 * example and of the draws at its coordinates (seed, epoch, example, position in the list).
 *
 * <p>All of them work on normalized values. A pixel that moves takes its normalized value along,
 * although every place has a mean and a deviation of its own: normalizing its raw value anew would
 * give huge numbers in places that are nearly constant, such as the border. What comes from outside
 * the picture is the raw value 0, the background of most pictures, as normalization shows it in the
 * place where it arrives.
 */
public sealed interface Augmentation extends Serializable {
  /** The name under which the configuration knows this kind. */
  String kind();

  /** Whether examples must be pictures. */
  boolean movesPixels();

  /**
   * Changes an example in place.
   *
   * @param draws the randomness at the coordinates of this change, read
   * @param row the example, overwritten
   */
  void apply(AugmentationDraws draws, AugmentedRow row);

  /**
   * Moves the picture by whole pixels; each axis by a uniform draw from -pixels … pixels.
   *
   * @param pixels at least 1
   */
  record Shift(int pixels) implements Augmentation {
    /** Checks the setting. */
    public Shift {
      if (pixels < 1) {
        throw new IllegalArgumentException("pixels must be at least 1, found " + pixels);
      }
    }

    @Override
    public String kind() {
      return "shift";
    }

    @Override
    public boolean movesPixels() {
      return true;
    }

    @Override
    public void apply(AugmentationDraws draws, AugmentedRow row) {
      draws.block(0);
      move(row, draws.whole(0, pixels), draws.whole(1, pixels));
    }

    /** Moves the picture down and to the right by the given numbers of pixels. */
    static void move(AugmentedRow row, int down, int right) {
      if (down == 0 && right == 0) {
        return;
      }
      Shape shape = row.shape();
      row.remember();
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          for (int channel = 0; channel < shape.channels(); channel++) {
            int place = row.place(y, x, channel);
            row.set(place, row.before(y - down, x - right, channel, place));
          }
        }
      }
    }
  }

  /**
   * Mirrors the picture, along each of the chosen directions with probability 1/2.
   *
   * @param horizontal whether left and right may change places
   * @param vertical whether top and bottom may change places
   */
  record Flip(boolean horizontal, boolean vertical) implements Augmentation {
    /** Whether left and right may change places where the configuration says nothing. */
    public static final boolean DEFAULT_HORIZONTAL = true;

    /** Whether top and bottom may change places where the configuration says nothing. */
    public static final boolean DEFAULT_VERTICAL = false;

    /** Checks the settings. */
    public Flip {
      if (!horizontal && !vertical) {
        throw new IllegalArgumentException(
            "flip needs horizontal: true, vertical: true or both; leave it out to flip nothing");
      }
    }

    @Override
    public String kind() {
      return "flip";
    }

    @Override
    public boolean movesPixels() {
      return true;
    }

    @Override
    public void apply(AugmentationDraws draws, AugmentedRow row) {
      draws.block(0);
      mirror(row, horizontal && draws.coin(0), vertical && draws.coin(1));
    }

    /** Mirrors the picture along the given directions. */
    static void mirror(AugmentedRow row, boolean leftToRight, boolean topToBottom) {
      if (!leftToRight && !topToBottom) {
        return;
      }
      Shape shape = row.shape();
      row.remember();
      for (int y = 0; y < shape.height(); y++) {
        int fromY = topToBottom ? shape.height() - 1 - y : y;
        for (int x = 0; x < shape.width(); x++) {
          int fromX = leftToRight ? shape.width() - 1 - x : x;
          for (int channel = 0; channel < shape.channels(); channel++) {
            int place = row.place(y, x, channel);
            row.set(place, row.before(fromY, fromX, channel, place));
          }
        }
      }
    }
  }

  /**
   * Turns the picture about its center by an angle uniform in ±degrees, with bilinear interpolation
   * between the four pixels around the point that each pixel comes from.
   *
   * @param degrees above 0, at most 180
   */
  record Rotate(double degrees) implements Augmentation {
    /** Checks the setting. */
    public Rotate {
      if (!(degrees > 0 && degrees <= 180)) {
        throw new IllegalArgumentException(
            "degrees must be above 0 and at most 180, found " + degrees);
      }
    }

    @Override
    public String kind() {
      return "rotate";
    }

    @Override
    public boolean movesPixels() {
      return true;
    }

    @Override
    public void apply(AugmentationDraws draws, AugmentedRow row) {
      draws.block(0);
      turn(row, (2.0 * draws.uniform(0) - 1.0) * degrees);
    }

    /**
     * Turns the picture counterclockwise: with the center c and the angle φ the new pixel at c +
     * (x, y), y pointing down, is the old one at c + (x cos φ - y sin φ, x sin φ + y cos φ).
     */
    static void turn(AugmentedRow row, double degreesCounterclockwise) {
      if (degreesCounterclockwise == 0) {
        return;
      }
      Shape shape = row.shape();
      double angle = degreesCounterclockwise * (Math.PI / 180.0);
      double cosine = StrictMath.cos(angle);
      double sine = StrictMath.sin(angle);
      double centerY = (shape.height() - 1) / 2.0;
      double centerX = (shape.width() - 1) / 2.0;
      row.remember();
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          double fromX = centerX + (x - centerX) * cosine - (y - centerY) * sine;
          double fromY = centerY + (x - centerX) * sine + (y - centerY) * cosine;
          int left = (int) Math.floor(fromX);
          int top = (int) Math.floor(fromY);
          double right = fromX - left;
          double below = fromY - top;
          for (int channel = 0; channel < shape.channels(); channel++) {
            int place = row.place(y, x, channel);
            double upper =
                (1 - right) * row.before(top, left, channel, place)
                    + right * row.before(top, left + 1, channel, place);
            double lower =
                (1 - right) * row.before(top + 1, left, channel, place)
                    + right * row.before(top + 1, left + 1, channel, place);
            row.set(place, (1 - below) * upper + below * lower);
          }
        }
      }
    }
  }

  /**
   * Adds Gaussian noise to every normalized value but levels of categorical columns: with {@code
   * data.normalize: standard} the deviation is in units of each feature's own deviation.
   *
   * @param standardDeviation above 0
   */
  record Noise(double standardDeviation) implements Augmentation {
    /** Checks the setting. */
    public Noise {
      if (!(standardDeviation > 0 && standardDeviation <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "standardDeviation must be a number above 0, found " + standardDeviation);
      }
    }

    @Override
    public String kind() {
      return "noise";
    }

    @Override
    public boolean movesPixels() {
      return false;
    }

    @Override
    public void apply(AugmentationDraws draws, AugmentedRow row) {
      int size = row.shape().size();
      for (int first = 0, block = 0; first < size; first += AugmentationDraws.PER_BLOCK, block++) {
        draws.block(block);
        int end = Math.min(size, first + AugmentationDraws.PER_BLOCK);
        for (int i = first; i < end; i++) {
          row.add(i, standardDeviation * draws.gaussian(i - first));
        }
      }
    }
  }
}
