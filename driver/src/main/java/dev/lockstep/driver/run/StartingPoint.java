package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.StoredCheckpoint;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.RunMetrics;

/**
 * Where in a run training begins: at its start, or behind a checkpoint.
 *
 * @param state where training is
 * @param metrics the records of all steps until then
 * @param metricsBytes length of these records in the metrics' file
 * @param secondsSoFar wall time that earlier attempts took to get there
 */
record StartingPoint(
    TrainingState state, RunMetrics metrics, long metricsBytes, double secondsSoFar) {

  /** Behind a checkpoint, with the records that lead to it. */
  static StartingPoint behind(StoredCheckpoint checkpoint, RunMetrics metrics) {
    return new StartingPoint(
        checkpoint.state(),
        metrics,
        checkpoint.position().metricsBytes(),
        checkpoint.position().secondsSoFar());
  }

  /** Before the first step. */
  static StartingPoint first(TrainingState state) {
    return new StartingPoint(state, MetricsFile.NONE, 0, 0.0);
  }

  /** Steps that have been taken. */
  long step() {
    return state.step();
  }

  /**
   * Takes out of the folder what came after this point. Whenever this is broken off, the folder
   * still holds this point: no checkpoint is left without its records.
   */
  void dropWhatFollowed(RunFolder folder, CheckpointStore store) {
    store.removeAfter(step());
    MetricsFile.cut(folder, metricsBytes);
  }
}
