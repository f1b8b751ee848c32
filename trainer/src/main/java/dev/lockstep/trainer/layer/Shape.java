package dev.lockstep.trainer.layer;

import java.io.Serializable;

/**
 * Shape of one example between two layers. A plain feature vector of n values is 1 × 1 × n. In
 * memory an example is one row, channels fastest: [height, width, channels].
 *
 * @param height rows of the image, at least 1
 * @param width columns of the image, at least 1
 * @param channels values per pixel, or the number of features of a vector
 */
public record Shape(int height, int width, int channels) implements Serializable {
  /** Checks the sizes. */
  public Shape {
    if (height < 1
        || width < 1
        || channels < 1
        || (long) height * width > Integer.MAX_VALUE / channels) {
      throw new IllegalArgumentException(
          "impossible shape " + height + " x " + width + " x " + channels);
    }
  }

  /** A vector of {@code features} values. */
  public static Shape vector(int features) {
    return new Shape(1, 1, features);
  }

  /** Values in one example. */
  public int size() {
    return height * width * channels;
  }

  /** Whether there is more than one pixel. */
  public boolean isImage() {
    return height > 1 || width > 1;
  }

  @Override
  public String toString() {
    return isImage() ? height + "x" + width + "x" + channels : Integer.toString(channels);
  }
}
