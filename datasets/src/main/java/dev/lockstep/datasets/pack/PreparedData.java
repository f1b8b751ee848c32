package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.model.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The splits of a data set, cached on the cluster, and what is known about them. Closing gives the
 * memory back.
 */
public final class PreparedData implements AutoCloseable {
  private final PreparedSplit train;
  private final PreparedSplit validation;
  private final PreparedSplit test;
  private final Preprocessing preprocessing;
  private final Task task;
  private final Shape inputShape;
  private final String fingerprint;
  private final List<ScannedLocation> locations;

  /** Takes over the splits; {@code validation} and {@code test} may be null. */
  PreparedData(
      PreparedSplit train,
      PreparedSplit validation,
      PreparedSplit test,
      Preprocessing preprocessing,
      Task task,
      Shape inputShape,
      String fingerprint,
      List<ScannedLocation> locations) {
    this.train = Objects.requireNonNull(train);
    this.validation = validation;
    this.test = test;
    this.preprocessing = Objects.requireNonNull(preprocessing);
    this.task = Objects.requireNonNull(task);
    this.inputShape = Objects.requireNonNull(inputShape);
    this.fingerprint = Objects.requireNonNull(fingerprint);
    this.locations = List.copyOf(locations);
  }

  /** The training split. */
  public PreparedSplit train() {
    return train;
  }

  /** The validation split, unless its fraction is 0 or rounds to no rows. */
  public Optional<PreparedSplit> validation() {
    return Optional.ofNullable(validation);
  }

  /** The test split, unless its fraction is 0 or rounds to no rows. */
  public Optional<PreparedSplit> test() {
    return Optional.ofNullable(test);
  }

  /** Columns, labels and normalization. */
  public Preprocessing preprocessing() {
    return preprocessing;
  }

  /** What is predicted. */
  public Task task() {
    return task;
  }

  /** Shape of one example: what the settings say, else what the format knows, else a vector. */
  public Shape inputShape() {
    return inputShape;
  }

  /**
   * A hash of columns, row order, values, labels and weights in hexadecimal digits; splits, shards,
   * partitions and the cut into files do not enter, nor do rows that were left out: data whose bad
   * rows are left out have the fingerprint of the same data without these rows.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * The location that the rows of a split come from: one of its own, or that of the training data,
   * of which the split is a fraction.
   */
  public ScannedLocation locationOf(Split split) {
    for (ScannedLocation location : locations) {
      if (location.badRows().split() == split) {
        return location;
      }
    }
    return locations.get(0);
  }

  /**
   * What could not be used and was left out, for each location that was read: the training data's
   * first, with all splits by fractions, then those of separate validation and test data. Nothing
   * is left out unless the settings say so. The rows themselves can be read as long as the data
   * stay where they are.
   */
  public List<BadRows> badRows() {
    List<BadRows> badRows = new ArrayList<>();
    locations.forEach(location -> badRows.add(location.badRows()));
    return badRows;
  }

  @Override
  public void close() {
    release(train);
    release(validation);
    release(test);
  }

  private static void release(PreparedSplit split) {
    if (split != null) {
      split.shards().unpersist(false);
    }
  }
}
