package dev.lockstep.datasets.source;

import dev.lockstep.trainer.augment.Augmentation;
import dev.lockstep.trainer.layer.Shape;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code data} block of a run configuration, resolved: paths are absolute or URIs, defaults are
 * filled in.
 *
 * @param location the rows that training (and held-out fractions) come from
 * @param options options of the Spark reader
 * @param label name of the label column
 * @param features names of the feature columns in order; empty means every column but label and
 *     weight
 * @param weight name of the example weight column, or null
 * @param categorical names of the feature columns that hold texts
 * @param task what is predicted, or null to decide from the label
 * @param validation the validation split
 * @param test the test split
 * @param splitSeed seed of the split by fractions
 * @param normalize how features are scaled
 * @param shape height, width and channels of an example, or null for a plain vector (or what the
 *     format knows by itself)
 * @param badRows what to do about rows that cannot be used
 * @param augment random changes of training examples, in order
 */
public record DataSettings(
    DataLocation location,
    Map<String, String> options,
    String label,
    List<String> features,
    String weight,
    List<String> categorical,
    Task task,
    HeldOut validation,
    HeldOut test,
    long splitSeed,
    Normalization normalize,
    Shape shape,
    BadRowSettings badRows,
    List<Augmentation> augment)
    implements Serializable {
  /** The label column where the configuration names none. */
  public static final String DEFAULT_LABEL = "label";

  /** The validation share where the configuration names none. */
  public static final double DEFAULT_VALIDATION_FRACTION = 0.1;

  /** The test share where the configuration names none. */
  public static final double DEFAULT_TEST_FRACTION = 0.1;

  /** Seed of the split where the configuration names none. */
  public static final long DEFAULT_SPLIT_SEED = 1;

  /** Takes immutable copies. */
  public DataSettings {
    options = Map.copyOf(options);
    features = List.copyOf(features);
    categorical = List.copyOf(categorical);
    augment = List.copyOf(augment);
  }

  /** The task, where the configuration names it. */
  public Optional<Task> chosenTask() {
    return Optional.ofNullable(task);
  }

  /** The same settings with training rows from elsewhere. */
  public DataSettings withLocation(DataLocation otherLocation) {
    return new DataSettings(
        otherLocation,
        options,
        label,
        features,
        weight,
        categorical,
        task,
        validation,
        test,
        splitSeed,
        normalize,
        shape,
        badRows,
        augment);
  }

  /** The same settings with the task fixed. */
  public DataSettings withTask(Task fixedTask) {
    return new DataSettings(
        location,
        options,
        label,
        features,
        weight,
        categorical,
        fixedTask,
        validation,
        test,
        splitSeed,
        normalize,
        shape,
        badRows,
        augment);
  }

  /** The same settings with another shape of an example, or with null for a plain vector. */
  public DataSettings withShape(Shape otherShape) {
    return new DataSettings(
        location,
        options,
        label,
        features,
        weight,
        categorical,
        task,
        validation,
        test,
        splitSeed,
        normalize,
        otherShape,
        badRows,
        augment);
  }

  /** The same settings with other validation and test splits. */
  public DataSettings withHeldOut(HeldOut otherValidation, HeldOut otherTest) {
    return new DataSettings(
        location,
        options,
        label,
        features,
        weight,
        categorical,
        task,
        otherValidation,
        otherTest,
        splitSeed,
        normalize,
        shape,
        badRows,
        augment);
  }
}
