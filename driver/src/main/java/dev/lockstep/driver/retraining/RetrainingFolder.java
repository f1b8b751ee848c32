package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.LockTimes;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.driver.run.RunPreview;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.driver.run.TrainingRun;
import dev.lockstep.driver.run.WayOut;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The run folder of a retraining: what it may hold already, and the decision that ends it. Looks
 * anew whenever it is asked, since another process may have been here before it was this one's
 * turn.
 */
final class RetrainingFolder {
  private static final String CONFIGURATION = "config.yaml";
  private static final int MAX_SUMMARY_BYTES = 64 << 20;
  private static final int MAX_DECISION_BYTES = 16 << 20;

  private final RunFolder folder;
  private final String runDate;

  /** {@code runDate} may be null. */
  RetrainingFolder(RunFolder folder, String runDate) {
    this.folder = folder;
    this.runDate = runDate;
  }

  /** The folder itself. */
  RunFolder folder() {
    return folder;
  }

  /**
   * Refuses a folder that holds something else than a retraining for this run date, or what a run
   * that is to be gone on with has left.
   *
   * @param asked what the command line says
   */
  void requireUsable(StartMode asked) {
    Optional<String> storedDate = storedRunDate();
    if (runDate != null && storedDate.isPresent() && !storedDate.get().equals(runDate)) {
      throw LockstepException.usage(
          "--output: "
              + folder.name()
              + " holds the run for "
              + storedDate.get()
              + ", not for "
              + runDate
              + ". Choose another folder.");
    }
    boolean goesOn = isOfRunDate() || (asked != StartMode.NEW && TrainingRun.isIn(folder));
    if (!goesOn) {
      // An earlier start may have been decided without a training.
      folder.requireNothingBut(Decision.FILE);
    }
  }

  /**
   * How to begin: a run of the same run date goes on.
   *
   * @throws LockstepException of kind numeric where it diverged
   */
  StartMode mode(StartMode asked, Consumer<String> notes) {
    if (summary().filter(it -> it.status().equals("diverged")).isPresent()) {
      throw new LockstepException(
          ErrorKind.NUMERIC,
          "--output: the training in "
              + folder.name()
              + " diverged, and would again. "
              + WayOut.CHANGE);
    }
    if (asked == StartMode.NEW && isOfRunDate()) {
      notes.accept("Goes on with the run for " + runDate + " in " + folder.name() + ".");
      return StartMode.RESUME;
    }
    return asked;
  }

  private boolean isOfRunDate() {
    return runDate != null && storedRunDate().filter(runDate::equals).isPresent();
  }

  private Optional<String> storedRunDate() {
    return stored().map(RunConfiguration::retraining).map(RetrainingSettings::runDate);
  }

  private Optional<RunSummary> summary() {
    return folder.has(RunFolder.SUMMARY)
        ? Optional.of(RunSummary.fromJson(folder.readText(RunFolder.SUMMARY, MAX_SUMMARY_BYTES)))
        : Optional.empty();
  }

  /** Whether there is a training to go on with or to decide by, and not only one that began. */
  boolean holdsTraining() {
    return folder.has(CONFIGURATION)
        && (folder.has(RunFolder.SUMMARY) || CheckpointStore.peek(folder).isPresent());
  }

  /**
   * Refuses to go on with, or to decide by, a training that was configured in another way.
   *
   * @throws LockstepException of kind usage, naming every difference
   */
  void requireSame(RunPreview preview) {
    List<String> differences = preview.differencesFrom(stored().orElseThrow());
    if (!differences.isEmpty()) {
      throw LockstepException.usage(
          "--output: the training in "
              + folder.name()
              + " was configured in another way: "
              + String.join("; ", differences)
              + ". Set it as it was, or remove the folder or give another --output to train anew.");
    }
  }

  /**
   * Refuses to go on with, or to decide by, a training on other rows than those that were checked:
   * its model may know what it is going to be compared on.
   *
   * @param checked fingerprint of the data that were checked
   * @throws LockstepException of kind data
   */
  void requireSameData(String checked) {
    Optional<String> trained =
        summary()
            .map(RunSummary::dataFingerprint)
            .or(() -> CheckpointStore.peek(folder).map(it -> it.identity().dataFingerprint()));
    if (trained.isPresent() && !trained.get().equals(checked)) {
      throw LockstepException.data(
          "The training in "
              + folder.name()
              + " was on other data than those that are there now. Restore them, or remove the"
              + " folder or give another --output to train on the new ones.");
    }
  }

  /**
   * The configuration in the number of shards that an earlier attempt settled, where it leaves the
   * number open.
   */
  RunConfiguration withStoredShards(RunConfiguration given) {
    Integer shards = stored().map(it -> it.training().shards()).orElse(null);
    return given.training().shards() != null || shards == null
        ? given
        : given.withTraining(given.training().withShards(shards));
  }

  /** The configuration that an earlier attempt began with; empty where there was none. */
  Optional<RunConfiguration> stored() {
    return folder.has(CONFIGURATION) ? Optional.of(read(folder)) : Optional.empty();
  }

  /** Without a value for what was concealed: to be compared, not to be trained by. */
  private static RunConfiguration read(RunFolder folder) {
    return ConfigurationReader.readWritten(
        folder.readText(CONFIGURATION, ConfigurationReader.MAX_SIZE),
        folder.name() + "/" + CONFIGURATION,
        folder.name());
  }

  /**
   * Takes an earlier decision away: another is about to be made.
   *
   * @param owner who makes it
   * @param notes is told what is waited for and what was taken over
   * @throws LockstepException of kind usage where another process has the folder
   */
  void reopen(LockOwner owner, Consumer<String> notes) {
    try (RunLock lock = RunLock.acquire(folder, owner, LockTimes.DEFAULT, notes)) {
      lock.confirmHeld();
      folder.removeFile(Decision.FILE);
    }
  }

  /** Keeps bad rows in the folder, taken for it as for a decision. */
  Quarantine quarantine(JavaSparkContext spark, LockOwner owner, Consumer<String> notes) {
    Quarantine rows = RunPreview.quarantine(spark, folder);
    return badRows -> {
      try (RunLock lock = RunLock.acquire(folder, owner, LockTimes.DEFAULT, notes)) {
        lock.confirmHeld();
        return rows.keep(badRows);
      }
    };
  }

  /**
   * Refuses a folder whose training was decided by already.
   *
   * @param recorded whether what is recorded for the run date was decided by this folder's training
   * @throws LockstepException of kind usage
   */
  void requireUndecided(boolean recorded) {
    if (folder.has(RunFolder.SUMMARY) && (recorded || holdsDecision())) {
      throw LockstepException.usage(
          "--again: "
              + folder.name()
              + " holds the training that was decided by before. Give another --output to train"
              + " anew.");
    }
  }

  /** Whether the folder has a decision that is more than that an attempt has failed. */
  boolean holdsDecision() {
    return decision().filter(Decision::isMade).isPresent();
  }

  /** Whether the folder has the decision after a divergence that nobody has taken away. */
  boolean tellsOfDivergence() {
    return decision()
        .filter(it -> it.path(Decision.FAILURE).asText().equals(Decision.DIVERGED))
        .isPresent();
  }

  /** The decision that somebody has written; empty where there is none that can be read. */
  private Optional<ObjectNode> decision() {
    Optional<byte[]> written = folder.readReplaced(Decision.FILE, MAX_DECISION_BYTES);
    try {
      return written.map(it -> StrictJson.parse(it, folder.name() + "/" + Decision.FILE).node());
    } catch (LockstepException damaged) {
      return Optional.empty();
    }
  }

  /** Whether this retraining, or an earlier attempt at it, has written anything. */
  boolean isBegun() {
    return folder.has(CONFIGURATION) || folder.has(Decision.FILE);
  }

  /**
   * Writes the decision, the last thing that a retraining does, with the folder taken for it.
   *
   * @param owner who writes
   * @param notes is told what is waited for and what was taken over
   * @throws LockstepException where another process has the folder, which then stays as it is, or
   *     where it cannot be written to
   */
  void write(Decision decision, LockOwner owner, Consumer<String> notes) {
    try (RunLock lock = RunLock.acquire(folder, owner, LockTimes.DEFAULT, notes)) {
      lock.confirmHeld();
      folder.writeAsIs(Decision.FILE, decision.toJson());
    }
  }
}
