package dev.lockstep.driver.run;

import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.RunMetrics;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelArtifact;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a run left in its folder.
 *
 * @param summary result and provenance
 * @param metrics its course, step by step and epoch by epoch
 * @param model the trained network with its preprocessing
 */
public record FinishedRun(RunSummary summary, RunMetrics metrics, ModelArtifact model) {
  private static final int MAX_SUMMARY_BYTES = 64 << 20;

  /**
   * Reads a run folder.
   *
   * @throws LockstepException of kind data or usage where the folder holds no run that ended well
   */
  public static FinishedRun read(RunFolder folder) {
    RunSummary summary = RunSummary.fromJson(folder.readText(RunFolder.SUMMARY, MAX_SUMMARY_BYTES));
    try (InputStream lines = folder.open("metrics.jsonl")) {
      return new FinishedRun(summary, MetricsLog.read(lines), ModelFolder.read(folder));
    } catch (IOException failure) {
      throw new LockstepException(
          ErrorKind.DATA,
          folder.name() + "/metrics.jsonl could not be read: " + failure.getMessage(),
          failure);
    }
  }
}
