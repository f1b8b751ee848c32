package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.config.ConfigurationReader;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.HtmlReport;
import dev.lockstep.driver.report.RunSummary;
import java.util.Optional;

/** The files of a run's folder that tell how it is configured and how it ended. */
final class RunFiles {
  private static final String CONFIGURATION = "config.yaml";
  private static final String REPORT = "report.html";
  private static final String APPLICATION = "application.txt";
  private static final int MAX_APPLICATION_BYTES = 1000;
  private static final int MAX_SUMMARY_BYTES = 64 << 20;

  private RunFiles() {}

  /** Whether the folder holds what a run leaves that has begun. */
  static boolean areIn(RunFolder folder) {
    return folder.has(APPLICATION)
        || folder.has(CONFIGURATION)
        || folder.has(MetricsFile.NAME)
        || folder.has(AttemptLog.NAME)
        || folder.hasFolder(CheckpointStore.FOLDER);
  }

  /** Notes which application began the run, where it may be attempted again. */
  static void writeApplication(RunFolder folder, ApplicationAttempt attempt) {
    if (attempt.number() != null) {
      folder.writeText(APPLICATION, attempt.application());
    }
  }

  /** Whether an earlier attempt of the same application began the run. */
  static boolean areOfAnEarlier(ApplicationAttempt attempt, RunFolder folder) {
    return attempt.isRestart()
        && folder.has(APPLICATION)
        && folder.readText(APPLICATION, MAX_APPLICATION_BYTES).equals(attempt.application());
  }

  /** The summary, where there is one. */
  static Optional<RunSummary> summary(RunFolder folder) {
    return folder.has(RunFolder.SUMMARY)
        ? Optional.of(RunSummary.fromJson(folder.readText(RunFolder.SUMMARY, MAX_SUMMARY_BYTES)))
        : Optional.empty();
  }

  /** Removes what tells that a run has ended, the summary first, and what came of it. */
  static void removeEnding(RunFolder folder) {
    folder.removeFile(RunFolder.SUMMARY);
    folder.removeFile(REPORT);
    folder.removeFolder(ModelFolder.NAME);
  }

  /**
   * The resolved configuration, where it is there: to be compared, not to be trained by, since
   * secrets are left out.
   */
  static Optional<RunConfiguration> configuration(RunFolder folder) {
    return folder.has(CONFIGURATION)
        ? Optional.of(
            ConfigurationReader.readWritten(
                folder.readText(CONFIGURATION, ConfigurationReader.MAX_SIZE),
                folder.name() + "/" + CONFIGURATION,
                folder.name()))
        : Optional.empty();
  }

  /** Writes the resolved configuration. */
  static void writeConfiguration(RunFolder folder, String yaml) {
    folder.writeAsIs(CONFIGURATION, yaml);
  }

  /** Writes what tells that a run has ended, the summary last. */
  static void writeEnding(RunFolder folder, RunSummary summary, String yaml) {
    folder.writeText(REPORT, HtmlReport.render(summary, MetricsFile.read(folder), yaml));
    folder.writeText(RunFolder.SUMMARY, summary.toJson());
  }
}
