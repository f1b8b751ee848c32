package dev.lockstep.trainer.layer;

import dev.lockstep.trainer.error.LockstepException;

/** Checks that layers on images share, and their messages. */
final class Images {
  private Images() {}

  /** What to say where a layer on images gets a plain vector. */
  static String needed(LayerPlace place, String kind) {
    return place.path()
        + ": "
        + kind
        + " needs images, but its input is a plain vector of "
        + place.inputShape().size()
        + " values. Set data.shape: [height, width, channels], and put "
        + kind
        + " where the image still has more than one pixel.";
  }

  /** The output of pooling with windows of size × size, which must fit the input. */
  static Shape pooled(LayerPlace place, String kind, int size) {
    Shape shape = place.inputShape();
    if (!shape.isImage()) {
      throw LockstepException.usage(needed(place, kind));
    }
    if (size > shape.height() || size > shape.width()) {
      throw LockstepException.usage(
          place.path()
              + ": size: "
              + size
              + " does not fit an input of "
              + shape
              + " (height x width x channels). Use a smaller size.");
    }
    return new Shape(shape.height() / size, shape.width() / size, shape.channels());
  }
}
