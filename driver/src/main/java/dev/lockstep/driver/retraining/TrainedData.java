package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.DataPreparation;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.PreparedSplit;
import dev.lockstep.datasets.pack.ScannedFile;
import dev.lockstep.datasets.pack.ScannedLocation;
import dev.lockstep.datasets.pack.Split;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.FileNames;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The data that a challenger was trained on, still in the cluster's memory, and how another model's
 * view of the same rows is had.
 *
 * @param prepared the splits; somebody else closes them
 * @param settings where the data lie and how they are divided
 * @param shards of the training
 */
record TrainedData(PreparedData prepared, DataSettings settings, int shards) {
  /** No rows. */
  private static final HeldOut NONE = new HeldOut.Fraction(0.0);

  /**
   * Reads again what the test split comes from, as a model needs it, with a row's place in the same
   * shard: to be closed by the caller. Of separate test data nothing else is read, so a model needs
   * to find its columns there only.
   *
   * @param labels the model's classes, and further ones behind them; empty for regression
   * @param role of the model, for messages
   * @throws LockstepException of kind data where the model cannot use them
   */
  PreparedData preparedFor(
      JavaSparkContext spark, ModelArtifact model, List<String> labels, String role) {
    try {
      return DataPreparation.prepareForModel(
          spark,
          ofTest(settings, model),
          ScoredModel.withLabels(model.preprocessing(), labels),
          model.preprocessing().isClassification() ? Task.CLASSIFICATION : Task.REGRESSION,
          shards,
          prepared.train().shards().getNumPartitions());
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.DATA) {
        throw failure;
      }
      throw new LockstepException(
          ErrorKind.DATA,
          "The " + role + " cannot be scored on the test data. " + failure.getMessage(),
          failure);
    }
  }

  /** Where the test split comes from, divided as it is for training, but for the validation. */
  private static DataSettings ofTest(DataSettings settings, ModelArtifact model) {
    boolean image = model.network().inputShape().isImage();
    DataSettings shaped = settings.withShape(image ? model.network().inputShape() : null);
    return settings.test() instanceof HeldOut.Separate separate
        ? shaped.withLocation(separate.location()).withHeldOut(NONE, NONE)
        : shaped.withHeldOut(NONE, settings.test());
  }

  /**
   * Refuses test data without a column that a model needs, before anybody trains; of formats that
   * name their columns only the names are read.
   *
   * @param settings where the data lie and how they are divided
   * @param champion the model
   * @throws LockstepException of kind data that says what can be done about it
   */
  static void requireColumns(
      JavaSparkContext spark, DataSettings settings, ModelArtifact champion) {
    try {
      DataPreparation.requireColumns(spark, ofTest(settings, champion), champion.preprocessing());
    } catch (LockstepException failure) {
      if (failure.kind() != ErrorKind.DATA) {
        throw failure;
      }
      throw new LockstepException(
          ErrorKind.DATA,
          "The champion cannot be scored on the test data, so nothing was trained. "
              + failure.getMessage()
              + (settings.test() instanceof HeldOut.Separate
                  ? " Give data.test.path rows with the champion's columns too"
                  : " Bring the column back, or give data.test.path rows with the columns of both"
                      + " models")
              + ", or train for a registry of its own.",
          failure);
    }
  }

  /**
   * The test split among data that were read again.
   *
   * @param again as {@link #preparedFor} gives them
   */
  PreparedSplit rows(PreparedData again) {
    return settings.test() instanceof HeldOut.Separate
        ? again.train()
        : again.test().orElse(again.train());
  }

  /**
   * Makes sure that the test data are still those of the training, by reading them once more.
   *
   * @param challenger the model that was trained
   * @throws LockstepException of kind data where they are not
   */
  void requireUnchanged(JavaSparkContext spark, ModelArtifact challenger) {
    List<String> labels = challenger.preprocessing().classLabels();
    try (PreparedData again = preparedFor(spark, challenger, labels, "challenger")) {
      requireSame(again);
    }
  }

  /**
   * Refuses test data that were read later and are not those of the training. Where they are a
   * fraction, all of the training data count, which decide what the fraction is.
   *
   * @param later the same columns, as {@link #preparedFor} gives them
   * @throws LockstepException of kind data that says what differs
   */
  void requireSame(PreparedData later) {
    ScannedLocation before = prepared.locationOf(Split.TEST);
    ScannedLocation now = later.locationOf(Split.TRAIN);
    if (!now.fingerprint().equals(before.fingerprint())) {
      throw LockstepException.data(
          "The data changed between training and comparison: "
              + difference(before.files(), now.files())
              + ". Nothing was published. Restore them and start again, or give another --output to"
              + " train on the new ones.");
    }
  }

  /** In words, of the first file that makes a difference. */
  private static String difference(List<ScannedFile> before, List<ScannedFile> now) {
    int same = 0;
    while (same < before.size() && same < now.size() && before.get(same).equals(now.get(same))) {
      same++;
    }
    if (same < now.size() && !names(before).contains(now.get(same).file())) {
      return FileNames.display(now.get(same).file()) + " is new";
    }
    if (same < before.size() && !names(now).contains(before.get(same).file())) {
      return FileNames.display(before.get(same).file()) + " is gone";
    }
    if (same == before.size() || same == now.size()) {
      return "it is not the same files any more";
    }
    String file = FileNames.display(now.get(same).file());
    long rows = before.get(same).rows();
    long rowsNow = now.get(same).rows();
    return rows == rowsNow
        ? file + " holds other rows than before"
        : file + " has " + rowsNow + " rows and had " + rows;
  }

  private static Set<String> names(List<ScannedFile> files) {
    Set<String> names = new HashSet<>();
    files.forEach(file -> names.add(file.file()));
    return names;
  }
}
