package dev.lockstep.driver.config;

import dev.lockstep.trainer.schedule.EarlyStopping;
import java.io.Serializable;

/**
 * The {@code training} block of a run configuration. Exactly one of {@code epochs} and {@code
 * steps} is given.
 *
 * @param epochs passes over the training split, at least 1, or null where {@code steps} is given
 * @param steps updates, at least 1, or null where {@code epochs} is given
 * @param batchSize examples of the global mini-batch, over all shards, at least 1
 * @param shards logical shards, at least 1, or null for the parallelism at the first start
 * @param shuffle whether every epoch draws a new order; without, mini-batches follow the order of
 *     the file
 * @param seed seed of every random draw of the run but the split
 * @param gradientClipNorm greatest global norm of a gradient, above 0, or null for no clipping
 * @param synchronizer how the shards' contributions come together
 * @param earlyStopping when to end before the last step, or null for never
 * @param targetError error that would be good enough, from 0 to 1, for the diagnosis; or null
 * @param validateEveryEpochs epochs between two validations, at least 1
 * @param checkpoint how often the state is kept
 * @param onDivergence how to go on after a divergence, or null for ending the run there
 */
public record TrainingSettings(
    Integer epochs,
    Long steps,
    int batchSize,
    Integer shards,
    boolean shuffle,
    long seed,
    Double gradientClipNorm,
    Synchronizer synchronizer,
    EarlyStopping earlyStopping,
    Double targetError,
    int validateEveryEpochs,
    CheckpointSettings checkpoint,
    DivergenceSettings onDivergence)
    implements Serializable {
  /** Epochs where the configuration names neither epochs nor steps. */
  public static final int DEFAULT_EPOCHS = 30;

  /** The mini-batch where the configuration names none. */
  public static final int DEFAULT_BATCH_SIZE = 128;

  /** Whether to shuffle where the configuration says nothing. */
  public static final boolean DEFAULT_SHUFFLE = true;

  /** The seed where the configuration names none. */
  public static final long DEFAULT_SEED = 42;

  /** The synchronizer where the configuration names none. */
  public static final Synchronizer DEFAULT_SYNCHRONIZER = Synchronizer.AUTO;

  /** Epochs between two validations where the configuration says nothing. */
  public static final int DEFAULT_VALIDATE_EVERY_EPOCHS = 1;

  /** Checks that the length of the run is given once. */
  public TrainingSettings {
    if ((epochs == null) == (steps == null)) {
      throw new IllegalArgumentException(
          "exactly one of epochs and steps, not " + epochs + " and " + steps);
    }
  }

  /** The same settings with the number of shards fixed. */
  public TrainingSettings withShards(int fixedShards) {
    return new TrainingSettings(
        epochs,
        steps,
        batchSize,
        fixedShards,
        shuffle,
        seed,
        gradientClipNorm,
        synchronizer,
        earlyStopping,
        targetError,
        validateEveryEpochs,
        checkpoint,
        onDivergence);
  }

  /** The same settings for a run of so many updates, however many epochs these are. */
  public TrainingSettings withSteps(long updates) {
    return new TrainingSettings(
        null,
        updates,
        batchSize,
        shards,
        shuffle,
        seed,
        gradientClipNorm,
        synchronizer,
        earlyStopping,
        targetError,
        validateEveryEpochs,
        checkpoint,
        onDivergence);
  }

  /** The same settings for a run that takes all its steps. */
  public TrainingSettings withoutEarlyStopping() {
    return new TrainingSettings(
        epochs,
        steps,
        batchSize,
        shards,
        shuffle,
        seed,
        gradientClipNorm,
        synchronizer,
        null,
        targetError,
        validateEveryEpochs,
        checkpoint,
        onDivergence);
  }
}
