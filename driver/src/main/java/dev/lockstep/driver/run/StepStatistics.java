package dev.lockstep.driver.run;

import dev.lockstep.driver.report.PhaseTimes;
import dev.lockstep.driver.report.StepRecord;

/** Step times and throughput of a run for its summary. */
final class StepStatistics {
  private final PhaseTimes times = new PhaseTimes();
  private long examples;
  private double totalSeconds;

  void add(StepRecord record) {
    times.add(record.seconds());
    examples += record.examples();
    totalSeconds += record.seconds().total();
  }

  /** Examples of all steps by the time of all steps. */
  double examplesPerSecond() {
    return totalSeconds == 0.0 ? 0.0 : examples / totalSeconds;
  }

  /** Where the time of the steps went. */
  PhaseTimes times() {
    return times;
  }
}
