package dev.lockstep.driver.run;

import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.StepRecord;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes every record of a run into its log.
 *
 * @param log stays the caller's to close
 */
record MetricsRecorder(MetricsLog log) implements TrainingListener {
  @Override
  public void stepFinished(StepRecord record) {
    try {
      log.write(record);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public void epochFinished(EpochRecord record) {
    try {
      log.write(record);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
