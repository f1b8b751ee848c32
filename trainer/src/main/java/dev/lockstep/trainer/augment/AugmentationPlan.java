package dev.lockstep.trainer.augment;

import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.List;

/**
 * The changes that training examples of a run go through, in order, with what is needed to make
 * them. Immutable; sent to each machine.
 */
public final class AugmentationPlan implements Serializable {
  /** Examples stay as they are. */
  public static final AugmentationPlan NONE =
      new AugmentationPlan(
          List.of(), Shape.vector(1), new double[1], new double[1], new boolean[1]);

  private static final long serialVersionUID = 1L;

  private final List<Augmentation> augmentations;
  private final Shape shape;
  private final float[] background;
  private final boolean[] levels;

  /**
   * A plan for examples of one shape.
   *
   * @param augmentations the changes, in order
   * @param shape shape of an example
   * @param offset what normalization subtracted from each value, [shape], read
   * @param scale what it multiplied each difference with, [shape], read
   * @param levels which values are no measurements but levels of categorical columns, [shape],
   *     copied; noise is not added to them
   * @throws LockstepException of kind usage where pixels are to be moved and there are none
   */
  public AugmentationPlan(
      List<Augmentation> augmentations,
      Shape shape,
      double[] offset,
      double[] scale,
      boolean[] levels) {
    this.augmentations = List.copyOf(augmentations);
    this.shape = shape;
    if (offset.length != shape.size()
        || scale.length != shape.size()
        || levels.length != shape.size()) {
      throw new IllegalArgumentException(
          "examples of "
              + shape.size()
              + " values need as many offsets, scales and marks of levels, not "
              + offset.length
              + ", "
              + scale.length
              + " and "
              + levels.length);
    }
    this.levels = levels.clone();
    this.background = new float[shape.size()];
    for (int i = 0; i < background.length; i++) {
      background[i] = (float) ((0 - offset[i]) * scale[i]);
    }
    for (int i = 0; i < augmentations.size(); i++) {
      Augmentation augmentation = augmentations.get(i);
      if (augmentation.movesPixels() && !shape.isImage()) {
        throw LockstepException.usage(
            "data.augment["
                + i
                + "]: "
                + augmentation.kind()
                + " moves the pixels of images, and the examples are plain vectors of "
                + shape.size()
                + " values. Set data.shape to [height, width, channels], or take "
                + augmentation.kind()
                + " out.");
      }
    }
  }

  /** Whether examples stay as they are. */
  public boolean isEmpty() {
    return augmentations.isEmpty();
  }

  /** One thread's augmenter, in a run with this seed. */
  public Augmenter newAugmenter(long seed) {
    return new Augmenter(
        augmentations, new AugmentationDraws(seed), new AugmentedRow(shape, background, levels));
  }
}
