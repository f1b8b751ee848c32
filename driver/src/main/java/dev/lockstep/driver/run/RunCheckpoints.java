package dev.lockstep.driver.run;

import dev.lockstep.driver.checkpoint.BackgroundCheckpoints;
import dev.lockstep.driver.checkpoint.CheckpointStore;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.checkpoint.RunPosition;
import dev.lockstep.driver.config.CheckpointSettings;
import dev.lockstep.driver.folder.RunLock;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.driver.report.AttemptHistory;
import dev.lockstep.driver.telemetry.RunTelemetry;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Keeps checkpoints of a run while it trains, whenever one is due. */
final class RunCheckpoints implements AutoCloseable {
  private final BackgroundCheckpoints writer;
  private final RunLock lock;
  private final CheckpointSettings settings;
  private final RunIdentity identity;
  private final int stepsPerEpoch;
  private final RunTelemetry telemetry;
  private final DoubleSupplier secondsSoFar;
  private long lastStep;

  /**
   * Checkpoints of one run.
   *
   * @param lock of the folder, asked before anything is written
   * @param settings how often one is due
   * @param identity goes into each
   * @param telemetry is told of each that is durable
   * @param secondsSoFar wall time of the run
   */
  RunCheckpoints(
      CheckpointStore store,
      RunLock lock,
      CheckpointSettings settings,
      RunIdentity identity,
      int stepsPerEpoch,
      RunTelemetry telemetry,
      DoubleSupplier secondsSoFar) {
    this.writer = new BackgroundCheckpoints(store);
    this.lock = lock;
    this.settings = settings;
    this.identity = identity;
    this.stepsPerEpoch = stepsPerEpoch;
    this.telemetry = telemetry;
    this.secondsSoFar = secondsSoFar;
  }

  /** Training goes on behind this step, whose checkpoint there is; 0 for none. */
  void startBehind(long step) {
    lastStep = step;
    telemetry.stepsBegin(step);
  }

  /** Refuses to go on where another run is known to have taken the folder. */
  void requireHeld() {
    lock.requireHeld();
  }

  /** As {@link #requireHeld}, having looked. */
  void confirmHeld() {
    lock.confirmHeld();
  }

  /**
   * Begins a checkpoint where one is due and this step has none yet: one of a state in the middle
   * of the end of its epoch is as good. {@code state} must stand still until {@link #await}.
   */
  void settled(TrainingState state, MetricsFile metrics) {
    if (settings.isDue(state.step()) && state.step() != lastStep) {
      begin(state, metrics);
    }
  }

  /** Keeps this state, due or not, and returns when it is durable. */
  void keep(TrainingState state, MetricsFile metrics) {
    await();
    if (state.step() != lastStep) {
      begin(state, metrics);
      await();
    }
  }

  /** Whether the run keeps checkpoints of itself, and not only where somebody interrupts it. */
  boolean areOn() {
    return settings.everySteps() > 0;
  }

  private void begin(TrainingState state, MetricsFile metrics) {
    confirmHeld();
    long step = state.step();
    int epoch = Math.toIntExact((step - 1) / stepsPerEpoch) + 1;
    RunPosition position = new RunPosition(epoch, metrics.flush(), secondsSoFar.getAsDouble());
    // What the checkpoint counts must be there before it, and no record comes until it is awaited.
    writer.begin(state, identity, position, metrics::settle);
    lastStep = step;
  }

  /** Returns when the checkpoint that was begun is durable. */
  void await() {
    if (writer.isInFlight()) {
      writer.await();
      telemetry.checkpointWritten(
          lastStep, writer.written(), writer.secondsWriting(), writer.secondsWaited());
    }
  }

  /** What is to be told of this run's attempts. */
  AttemptHistory history(List<Long> resumedFromSteps, int returns) {
    return new AttemptHistory(
        resumedFromSteps,
        returns,
        writer.written(),
        writer.secondsWriting(),
        writer.secondsWaited());
  }

  @Override
  public void close() {
    writer.close();
  }
}
