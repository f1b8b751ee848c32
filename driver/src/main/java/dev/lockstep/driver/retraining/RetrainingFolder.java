package dev.lockstep.driver.retraining;

import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RetrainingSettings;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.run.StartMode;
import dev.lockstep.trainer.error.LockstepException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The run folder of a retraining: what it may hold already, and the decision that ends it. */
final class RetrainingFolder {
  private static final String CONFIGURATION = "config.yaml";

  private final RunFolder folder;
  private final String runDate;
  private final Optional<RunConfiguration> stored;

  /** Looks at a folder; {@code runDate} may be null. */
  RetrainingFolder(RunFolder folder, String runDate) {
    this.folder = folder;
    this.runDate = runDate;
    this.stored = folder.has(CONFIGURATION) ? Optional.of(read(folder)) : Optional.empty();
  }

  /** The folder itself. */
  RunFolder folder() {
    return folder;
  }

  /**
   * Refuses a folder that holds something else than a retraining for this run date.
   *
   * @param asked what the command line says
   */
  void requireUsable(StartMode asked) {
    if (stored.isPresent()
        && runDate != null
        && storedRunDate() != null
        && !runDate.equals(storedRunDate())) {
      throw LockstepException.usage(
          "--output: "
              + folder.name()
              + " holds the run for "
              + storedRunDate()
              + ", not for "
              + runDate
              + ". Choose another folder.");
    }
    boolean onlyDecided = stored.isEmpty() && folder.has(Decision.FILE);
    if (asked == StartMode.NEW && !isOfRunDate() && !onlyDecided) {
      folder.requireFresh();
    }
  }

  /** How to begin: a run of the same run date goes on. */
  StartMode mode(StartMode asked, Consumer<String> notes) {
    if (asked == StartMode.NEW && isOfRunDate()) {
      notes.accept("Goes on with the run for " + runDate + " in " + folder.name() + ".");
      return StartMode.RESUME;
    }
    return asked;
  }

  private boolean isOfRunDate() {
    return stored.isPresent() && runDate != null && runDate.equals(storedRunDate());
  }

  private String storedRunDate() {
    RetrainingSettings settings = stored.get().retraining();
    return settings == null ? null : settings.runDate();
  }

  /** The configuration that an earlier attempt began with; empty where there was none. */
  Optional<RunConfiguration> stored() {
    return stored;
  }

  /** Without a value for what was concealed: to be compared, not to be trained by. */
  private static RunConfiguration read(RunFolder folder) {
    String text = folder.readText(CONFIGURATION, ConfigurationReader.MAX_SIZE);
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.remove(RetrainingSettings.RUN_DATE);
    return ConfigurationReader.read(
        text,
        folder.name() + "/" + CONFIGURATION,
        folder.name(),
        List.of(),
        ConfigurationReader.standingIn(text, environment));
  }

  /** Takes an earlier decision away: another is about to be made. */
  void reopen() {
    folder.removeFile(Decision.FILE);
  }

  /** Writes the decision, the last thing that a retraining does. */
  void write(Decision decision) {
    folder.create();
    folder.writeAsIs(Decision.FILE, decision.toJson());
  }
}
