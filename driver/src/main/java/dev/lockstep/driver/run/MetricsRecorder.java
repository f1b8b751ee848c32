package dev.lockstep.driver.run;

import dev.lockstep.driver.loop.TrainingListener;
import dev.lockstep.driver.report.EpochRecord;
import dev.lockstep.driver.report.MetricsLog;
import dev.lockstep.driver.report.StepRecord;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Keeps what a run brings: every record goes to its log, the steps' times to its statistics.
 *
 * @param log stays the caller's to close
 * @param statistics of the whole run
 */
record MetricsRecorder(MetricsLog log, StepStatistics statistics) implements TrainingListener {
  @Override
  public void stepFinished(StepRecord record) {
    statistics.add(record);
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
