package dev.lockstep.trainer.augment;

import java.util.List;

/**
 * Makes the changes of an {@link AugmentationPlan} with memory that is reused from example to
 * example. Belongs to one thread at a time.
 */
public final class Augmenter {
  private final List<Augmentation> augmentations;
  private final AugmentationDraws draws;
  private final AugmentedRow row;

  Augmenter(List<Augmentation> augmentations, AugmentationDraws draws, AugmentedRow row) {
    this.augmentations = augmentations;
    this.draws = draws;
    this.row = row;
  }

  /**
   * Changes one example: a pure function of its values, the run's seed, the epoch and the example's
   * index.
   *
   * @param epoch from 1
   * @param example index in the training split
   * @param values normalized examples, of which one is overwritten
   * @param start place of its first value
   */
  public void apply(int epoch, long example, float[] values, int start) {
    row.moveTo(values, start);
    for (int position = 0; position < augmentations.size(); position++) {
      draws.moveTo(epoch, example, position);
      augmentations.get(position).apply(draws, row);
    }
  }
}
